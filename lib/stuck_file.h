/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stuck_file - a file whose last close(2) blocks for as long as we want.
 *
 * It is the root of a FUSE file system whose daemon, this process, does not
 * answer FLUSH. A task that exits with the file open waits for that answer in
 * exit_files(): after PF_EXITING is set, before anything else of its exit. Or the
 * daemon does not answer READ: then who reads the file, or a page that is mapped
 * from it, waits. The mount is never attached anywhere: it is gone when its
 * descriptors are.
 */
#ifndef TASK_EXIT_STUCK_FILE_H
#define TASK_EXIT_STUCK_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

struct stuck_file {
	int device; /* /dev/fuse; when the last copy is closed, all is let go */
	int mount;
	bool at_read; /* READ is not answered, not FLUSH; for who creates it to set */
	__u64 stuck; /* the request that is not answered */
};

/* 0 or -errno, -EOPNOTSUPP where the kernel has no FUSE. */
int stuck_file_create(struct stuck_file *file);

/* In the task that is to be stuck: the file's descriptor, or -errno. */
int stuck_file_open(struct stuck_file *file);

/* In the daemon: serves until a task is stuck; its pid (tid), or -errno. */
pid_t stuck_file_serve(struct stuck_file *file, int ms);

/* In the daemon: answers. */
void stuck_file_release(struct stuck_file *file);

#endif /* TASK_EXIT_STUCK_FILE_H */
