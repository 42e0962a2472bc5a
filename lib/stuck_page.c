// SPDX-License-Identifier: GPL-2.0-only
/*
 * stuck_page - a page that cannot be read yet. See stuck_page.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "spawn.h"
#include "stuck_file.h"
#include "stuck_page.h"
#include "wait.h"

/* How long the daemon serves between two looks at whether the page is mapped. */
#define LOOK_MS 10

/* What the daemon says: first that the page is there, then that it is read. */
struct announcement {
	int err;
	pid_t owner;
	__u64 address;
};

static void announce(int control, int err, pid_t owner, __u64 address)
{
	struct announcement news = {
		.err = err,
		.owner = owner,
		.address = address,
	};

	send(control, &news, sizeof(news), MSG_NOSIGNAL);
}

/* @shared is ours and the daemon's: there it sees the address. */
static __noreturn void be_owner(struct stuck_file *file, __u64 *shared)
{
	int fd = stuck_file_open(file);
	struct stat stat;
	void *page;

	/* The kernel does not know how long the file is until somebody asks. */
	if (fd < 0 || fstat(fd, &stat))
		_exit(EXIT_FAILURE);
	page = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED)
		_exit(EXIT_FAILURE);
	__atomic_store_n(shared, (__u64)page, __ATOMIC_RELEASE);
	idle_until_killed();
}

/* The owner's page, or 0: while it opens the file it has to be served. */
static __u64 serve_owner(struct stuck_file *file, const __u64 *shared)
{
	long long until = now_ms() + PATIENCE_MS;
	__u64 address;

	do {
		stuck_file_serve(file, LOOK_MS);
		address = __atomic_load_n(shared, __ATOMIC_ACQUIRE);
	} while (!address && now_ms() < until);
	return address;
}

static void be_daemon(int control)
{
	struct stuck_file file;
	__u64 *shared, address;
	pid_t owner;
	char word;
	int err;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	err = shared == MAP_FAILED ? -errno : stuck_file_create(&file);
	if (err) {
		announce(control, err, 0, 0);
		_exit(EXIT_FAILURE);
	}
	file.at_read = true;
	owner = fork();
	if (!owner) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(control);
		be_owner(&file, shared);
	}
	address = serve_owner(&file, shared);
	announce(control, address ? 0 : -ETIMEDOUT, owner, address);

	/* As long as it takes: who waits for this has a deadline. */
	while (!file.stuck)
		stuck_file_serve(&file, PATIENCE_MS);
	announce(control, 0, owner, address);
	(void)!read(control, &word, 1);
	stuck_file_release(&file);
	for (;;)
		stuck_file_serve(&file, PATIENCE_MS);
}

static int hear(struct stuck_page *page, struct announcement *news, int ms)
{
	struct pollfd socket = { .fd = page->control, .events = POLLIN };

	if (poll(&socket, 1, ms) != 1 ||
	    recv(page->control, news, sizeof(*news), MSG_DONTWAIT) !=
		    sizeof(*news))
		return -ETIMEDOUT;
	return news->err;
}

int stuck_page_create(struct stuck_page *page, struct reason *reason)
{
	struct announcement news = {};
	int sockets[2], err;

	memset(page, 0, sizeof(*page));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
		reason_set(reason, "socketpair: %s", strerror(errno));
		return -errno;
	}
	page->daemon = spawn(sockets[1]);
	if (!page->daemon)
		be_daemon(sockets[1]);
	page->control = sockets[0];
	close(sockets[1]);

	err = page->daemon < 0 ? -errno : hear(page, &news, PATIENCE_MS);
	if (err) {
		reason_set(reason,
			   "no page of a FUSE file (CONFIG_FUSE_FS): %s",
			   strerror(-err));
		stuck_page_destroy(page);
	}
	page->owner = news.owner;
	page->address = news.address;
	return err;
}

bool stuck_page_is_read(struct stuck_page *page, int ms)
{
	struct announcement news;

	return !hear(page, &news, ms);
}

int stuck_page_release(struct stuck_page *page)
{
	return send(page->control, "r", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

void stuck_page_destroy(struct stuck_page *page)
{
	if (page->daemon <= 0)
		return;
	spawn_kill(page->daemon, PATIENCE_MS);
	page->daemon = 0;
	close(page->control);
}
