/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_file - a file whose last close(2), or first read, blocks until it is
 * released.
 *
 * It is the root of a FUSE file system whose daemon, this process, answers
 * neither FLUSH nor READ. A task that exits with the file open waits for the
 * answer in exit_files(): after PF_EXITING is set, and before the rest of its
 * exit. A task that reads the mapped file waits in its page fault. The mount is
 * detached: it goes with its last descriptor.
 */
#ifndef TASK_EXIT_BLOCKING_FILE_H
#define TASK_EXIT_BLOCKING_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* The size of the file. */
#define BLOCKING_FILE_SIZE 4096

struct blocking_file {
	int device; /* /dev/fuse; closing its last copy releases every waiter */
	int mount;
	__u64 pending; /* the request that is not answered; 0: none */
	bool reading; /* the request is a READ of one page */
};

/* 0 or -errno, -EOPNOTSUPP if the kernel has no FUSE. */
int blocking_file_create(struct blocking_file *file);

/* In the task that will block: the file's descriptor, or -errno. */
int blocking_file_open(struct blocking_file *file);

/* In the daemon: serves until a task blocks; its pid (tid), or -errno. */
pid_t blocking_file_serve(struct blocking_file *file, int ms);

/* In the daemon: answers the request, which releases the task. */
void blocking_file_release(struct blocking_file *file);

#endif /* TASK_EXIT_BLOCKING_FILE_H */
