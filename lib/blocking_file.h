/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_file - a file whose last close(2), or first read, blocks for as long as
 * we want.
 *
 * It is the root of a FUSE file system whose daemon, this process, answers
 * neither FLUSH nor READ. A task that exits with the file open waits for that
 * answer in exit_files(): after PF_EXITING is set, before anything else of its
 * exit. One that touches the file's page waits in its page fault. The mount is
 * never attached anywhere: it is gone when its descriptors are.
 */
#ifndef TASK_EXIT_BLOCKING_FILE_H
#define TASK_EXIT_BLOCKING_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* The file is this long. */
#define BLOCKING_FILE_SIZE 4096

struct blocking_file {
	int device; /* /dev/fuse; when the last copy is closed, all is let go */
	int mount;
	__u64 stuck; /* the request that is not answered */
	bool reading; /* it is a READ, of one page */
};

/* 0 or -errno, -EOPNOTSUPP where the kernel has no FUSE. */
int blocking_file_create(struct blocking_file *file);

/* In the task that is to be stuck: the file's descriptor, or -errno. */
int blocking_file_open(struct blocking_file *file);

/* In the daemon: serves until a task is stuck; its pid (tid), or -errno. */
pid_t blocking_file_serve(struct blocking_file *file, int ms);

/* In the daemon: answers it. */
void blocking_file_release(struct blocking_file *file);

#endif /* TASK_EXIT_BLOCKING_FILE_H */
