// SPDX-License-Identifier: GPL-2.0-only
/*
 * blocking_page - a page whose first reader blocks. See blocking_page.h.
 *
 * The daemon announces the page, reports its first read, and answers that read
 * when it is ordered to.
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

/* Not in the daemon: the reader locks the memory of the process with the page. */
static __noreturn void own_page(struct blocking_file *file, int socket)
{
	struct announcement announcement = { .owner = getpid() };
	int fd = blocking_file_open(file);
	struct stat stat;
	void *page;

	/* The kernel asks for the file's size only now. */
	fstat(fd, &stat);
	page = mmap(NULL, BLOCKING_FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	announcement.err = fd < 0 ? fd : page == MAP_FAILED ? -errno : 0;
	announcement.address = (unsigned long)page;
	helper_report(socket, &announcement, sizeof(announcement));
	close(socket);
	/* The file stays open, as its close would block. */
	idle_until_killed();
}

static void run_daemon(int socket, const void *unused)
{
	struct blocking_file file;
	struct announcement failed = { .err = blocking_file_create(&file) };

	(void)unused;
	if (failed.err) {
		helper_report(socket, &failed, sizeof(failed));
		return;
	}
	if (!fork())
		own_page(&file, socket);

	/* First come the requests of the open, then that of the reader. */
	while (blocking_file_serve(&file, PATIENCE_MS) == -ETIMEDOUT)
		;
	helper_report(socket, "r", 1);
	if (helper_await(socket))
		blocking_file_release(&file);
	/* The owner dies with this process: stay until the end. */
	helper_await(socket);
}

static void destroy(void *arg)
{
	struct blocking_page *page = arg;

	helper_kill(&page->daemon);
}

void blocking_page_create(struct blocking_page *page)
{
	struct announcement announcement = { .err = -ETIMEDOUT };

	if (helper_start(&page->daemon, run_daemon, NULL))
		test_error("cannot start a FUSE daemon");
	test_at_end_first(destroy, page);
	helper_hear(&page->daemon, &announcement, sizeof(announcement),
		    PATIENCE_MS);
	if (announcement.err == -EOPNOTSUPP)
		test_skip("this kernel has no FUSE: CONFIG_FUSE_FS");
	if (announcement.err)
		test_error("cannot create a page that blocks: %s",
			   strerror(-announcement.err));
	page->owner = announcement.owner;
	page->address = announcement.address;
}

bool blocking_page_reached(struct blocking_page *page, int ms)
{
	char reached;

	return helper_hear(&page->daemon, &reached, 1, ms);
}

int blocking_page_release(struct blocking_page *page)
{
	return helper_order(&page->daemon);
}
