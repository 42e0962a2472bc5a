// SPDX-License-Identifier: GPL-2.0-only
/*
 * blocking_page - a page that its reader waits for. See blocking_page.h.
 *
 * The test talks with the daemon over a socket pair: the daemon announces the
 * page, says when it is read, and hears when to let the reader go.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawn.h"
#include "test_run.h"
#include "blocking_file.h"
#include "blocking_page.h"
#include "wait.h"

struct announcement {
	int err;
	pid_t owner;
	unsigned long address;
};

/* It must not be the daemon that has the page: who reads it locks its memory. */
static __noreturn void own_page(struct blocking_file *file, int news)
{
	struct announcement said = { .owner = getpid() };
	int fd = blocking_file_open(file);
	struct stat stat;
	void *page;

	/* Only now the kernel asks how long the file is. */
	fstat(fd, &stat);
	page = mmap(NULL, BLOCKING_FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	said.err = fd < 0 ? fd : page == MAP_FAILED ? -errno : 0;
	said.address = (unsigned long)page;
	send(news, &said, sizeof(said), MSG_NOSIGNAL);
	close(news);
	/* The file stays open: to close it would wait, too. */
	idle_until_killed();
}

static __noreturn void be_daemon(int control)
{
	struct blocking_file file;
	struct announcement failed = { .err = blocking_file_create(&file) };
	char word;

	if (failed.err) {
		send(control, &failed, sizeof(failed), MSG_NOSIGNAL);
		_exit(EXIT_FAILURE);
	}
	if (!fork())
		own_page(&file, control);

	/* The opening of the file wants answers, then comes the reader. */
	while (blocking_file_serve(&file, PATIENCE_MS) == -ETIMEDOUT)
		;
	send(control, "r", 1, MSG_NOSIGNAL);
	if (read(control, &word, 1) == 1)
		blocking_file_release(&file);
	/* Until the test ends it: the owner dies with us. */
	(void)!read(control, &word, 1);
	_exit(EXIT_SUCCESS);
}

static int hear_announcement(struct blocking_page *page, struct reason *reason)
{
	struct pollfd socket = { .fd = page->control, .events = POLLIN };
	struct announcement news = { .err = -ETIMEDOUT };

	if (poll(&socket, 1, PATIENCE_MS) == 1)
		(void)!recv(page->control, &news, sizeof(news), MSG_DONTWAIT);
	if (news.err)
		reason_set(reason, "cannot make a page that is waited for: %s",
			   strerror(-news.err));
	page->owner = news.owner;
	page->address = news.address;
	return news.err;
}

static void destroy(void *page)
{
	blocking_page_destroy(page);
}

void blocking_page_create(struct blocking_page *page)
{
	int sockets[2];

	memset(page, 0, sizeof(*page));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		test_error("socketpair: %s", strerror(errno));
	page->daemon = spawn(sockets[1]);
	if (!page->daemon)
		be_daemon(sockets[1]);
	close(sockets[1]);
	page->control = sockets[0];
	test_at_end_first(destroy, page);
	if (page->daemon < 0)
		test_error("fork: %s", strerror(errno));
	test_need(hear_announcement(page, &test.reason));
}

bool blocking_page_reached(struct blocking_page *page, int ms)
{
	struct pollfd socket = { .fd = page->control, .events = POLLIN };
	char word;

	return poll(&socket, 1, ms) == 1 &&
	       recv(page->control, &word, 1, MSG_DONTWAIT) == 1;
}

int blocking_page_release(struct blocking_page *page)
{
	return send(page->control, "r", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

void blocking_page_destroy(struct blocking_page *page)
{
	if (page->daemon <= 0)
		return;
	spawn_kill(page->daemon, PATIENCE_MS);
	page->daemon = 0;
	close(page->control);
}
