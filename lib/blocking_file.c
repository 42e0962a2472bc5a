// SPDX-License-Identifier: GPL-2.0-only
/*
 * blocking_file - a minimal FUSE daemon for one file. See blocking_file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "compiler.h"
#include "blocking_file.h"
#include "wait.h"

/* The smallest read buffer that the protocol allows. */
#define REQUEST_SIZE (FUSE_MIN_READ_BUFFER + 4096)

static int set_option(int context, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value,
		       0);
}

/* A detached mount of a file system that is one regular file. */
static int mount_one_file(int device)
{
	int context, mount = -1;
	char number[16];

	context = syscall(SYS_fsopen, "fuse", 0);
	if (context < 0)
		return -errno;

	snprintf(number, sizeof(number), "%d", device);
	if (!set_option(context, "fd", number) &&
	    !set_option(context, "rootmode", "100600") &&
	    !set_option(context, "user_id", "0") &&
	    !set_option(context, "group_id", "0") &&
	    !syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = syscall(SYS_fsmount, context, 0, 0);
	if (mount < 0)
		mount = -errno;
	close(context);
	return mount;
}

int blocking_file_create(struct blocking_file *file)
{
	memset(file, 0, sizeof(*file));
	file->device = open("/dev/fuse", O_RDWR);
	if (file->device < 0)
		return errno == ENOENT || errno == ENODEV ? -EOPNOTSUPP :
							    -errno;

	file->mount = mount_one_file(file->device);
	if (file->mount >= 0)
		return 0;
	close(file->device);
	return file->mount == -ENODEV ? -EOPNOTSUPP : file->mount;
}

int blocking_file_open(struct blocking_file *file)
{
	char path[40];
	int fd;

	/* A copy of the device would keep the requests alive after the daemon's death. */
	close(file->device);
	/* A thread may have its own file table. */
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", file->mount);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fd = -errno;
	close(file->mount);
	return fd;
}

static void answer(struct blocking_file *file, __u64 request, int err,
		   const void *payload, size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + (err ? 0 : size),
		.error = err,
		.unique = request,
	};
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)payload, .iov_len = err ? 0 : size },
	};

	(void)!writev(file->device, parts, 2);
}

static void answer_init(struct blocking_file *file, __u64 request)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_write = 4096,
	};

	answer(file, request, 0, &out, sizeof(out));
}

static void answer_getattr(struct blocking_file *file, __u64 request)
{
	struct fuse_attr_out out = {
		.attr = {
			.ino = FUSE_ROOT_ID,
			.mode = S_IFREG | 0600,
			.nlink = 1,
			.size = BLOCKING_FILE_SIZE,
		},
	};

	answer(file, request, 0, &out, sizeof(out));
}

static void serve(struct blocking_file *file,
		  const struct fuse_in_header *request)
{
	struct fuse_open_out opened = { .fh = 1 };

	switch (request->opcode) {
	case FUSE_INIT:
		answer_init(file, request->unique);
		break;
	case FUSE_GETATTR:
		answer_getattr(file, request->unique);
		break;
	case FUSE_OPEN:
		answer(file, request->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_FLUSH:
	case FUSE_READ:
		file->pending = request->unique;
		file->reading = request->opcode == FUSE_READ;
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		/* These need no answer. */
		break;
	default:
		answer(file, request->unique, -ENOSYS, NULL, 0);
	}
}

pid_t blocking_file_serve(struct blocking_file *file, int ms)
{
	static char buf[REQUEST_SIZE] __aligned(8);
	const struct fuse_in_header *request = (const void *)buf;
	struct pollfd device = { .fd = file->device, .events = POLLIN };
	long long until = now_ms() + ms;

	while (!file->pending) {
		long long left = until - now_ms();

		if (left <= 0 || poll(&device, 1, left) < 1)
			return -ETIMEDOUT;
		if (read(file->device, buf, sizeof(buf)) < 0) {
			/* The request was withdrawn. */
			if (errno == ENOENT || errno == EINTR)
				continue;
			return -errno;
		}
		serve(file, request);
	}
	return request->pid;
}

void blocking_file_release(struct blocking_file *file)
{
	static const char page[BLOCKING_FILE_SIZE];

	answer(file, file->pending, 0, page, file->reading ? sizeof(page) : 0);
	file->pending = 0;
}
