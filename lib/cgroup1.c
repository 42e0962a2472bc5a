// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup1 - a detached mount of cgroup v1. See cgroup1.h.
 */
#include <errno.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup1.h"
#include "proc.h"
#include "wait.h"

static int set_flag(int context, const char *key)
{
	return syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, key, NULL, 0);
}

/* @flag is a controller; or "none", or an option, together with a name. */
static int configure(int context, const char *flag, const char *name)
{
	if (!name)
		return set_flag(context, flag);
	return set_flag(context, "none")       ?:
		       set_flag(context, flag) ?:
		       syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING,
			       "name", name, 0);
}

/* The descriptor of a detached mount, or -errno. */
static int mount_detached(const char *flag, const char *name)
{
	int context, mount = -1;

	context = syscall(SYS_fsopen, "cgroup", FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	if (!configure(context, flag, name) &&
	    !syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		mount = -errno;
	close(context);
	return mount;
}

int cgroup1_probe(const char *controller, struct reason *reason)
{
	const char *name = controller ? NULL : cgroup_name(&cgroup_run_root);
	int context = syscall(SYS_fsopen, "cgroup", FSOPEN_CLOEXEC), err = 0;

	if (context < 0 || configure(context, controller ?: "none", name))
		err = -errno;
	if (context >= 0)
		close(context);
	if (!err)
		return 0;
	reason_set(reason,
		   "cgroup v1 cannot be mounted with %s (%s): not built into the kernel, or disabled by cgroup_no_v1= or cgroup_disable=",
		   controller ?: "a name only", strerror(-err));
	return -EOPNOTSUPP;
}

static void reach(struct cgroup *top, int mount)
{
	memset(top, 0, sizeof(*top));
	snprintf(top->path, sizeof(top->path), "/proc/%d/fd/%d", getpid(),
		 mount);
}

/*
 * While a hierarchy of that name is being destroyed, the kernel restarts the system
 * call, which fsconfig(2) does not allow: EBUSY. With a controller EBUSY may be
 * permanent.
 */
static int mount_by_name(const char *flag)
{
	const char *name = cgroup_name(&cgroup_run_root);
	int mount;

	WAIT_FOR((mount = mount_detached(flag, name)) != -EBUSY, PATIENCE_MS);
	return mount;
}

int cgroup1_mount(struct cgroup *top, const char *controller,
		  struct reason *reason)
{
	int mount = controller ? mount_detached(controller, NULL) :
				 mount_by_name("none");

	if (mount < 0)
		reason_set(reason,
			   "cgroup v1 cannot be mounted with %s controller: %s",
			   controller ?: "no", strerror(-mount));
	else
		reach(top, mount);
	return mount;
}

int cgroup1_favor_dynmods(struct reason *reason)
{
	int mount = mount_by_name("favordynmods");

	if (mount < 0) {
		reason_set(reason,
			   "cgroup v1 cannot be mounted with favordynmods: %s",
			   strerror(-mount));
		return mount;
	}
	close(mount);
	return 0;
}

/* Every process has a line for each hierarchy. */
static bool is_there(const char *name)
{
	char text[4096], line[128];

	snprintf(line, sizeof(line), ":name=%s:", name);
	return read_file("/proc/self/cgroup", text, sizeof(text)) > 0 &&
	       strstr(text, line);
}

/* The last close destroys it, unless a cgroup in it is not freed yet. */
static bool destroy(const char *name)
{
	int mount = mount_detached("none", name);
	struct cgroup top;

	if (mount < 0)
		return true;
	reach(&top, mount);
	cgroup_empty(&top);
	close(mount);
	return WAIT_FOR(!is_there(name), 300);
}

void cgroup1_sweep(const struct cgroup *run_root)
{
	const char *name = cgroup_name(run_root);

	if (is_there(name))
		WAIT_FOR(destroy(name), PATIENCE_MS);
}

bool cgroup1_end(int mount)
{
	close(mount);
	cgroup1_sweep(&cgroup_run_root);
	return WAIT_FOR(!is_there(cgroup_name(&cgroup_run_root)), PATIENCE_MS);
}
