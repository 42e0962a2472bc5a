/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scheduler - load, attach and unload a BPF scheduler.
 *
 * A machine has one root scheduler. If another one runs, the test is skipped and
 * does not disturb it. Ours is unloaded when the last descriptor of its link is
 * closed, however the test ends.
 *
 * Include this after the kernel tree's scx/common.h and before the skeleton.
 */
#ifndef TASK_EXIT_SCHEDULER_H
#define TASK_EXIT_SCHEDULER_H

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdbool.h>

#include "events.h"
#include "kernel_btf.h"
#include "order_check.h"
#include "preloaded.h"
#include "reason.h"
#include "test_run.h"

/* Old trees do not resolve enumerators at run time. */
#ifndef SCX_ENUM_INIT
#define SCX_ENUM_INIT(skel) ((void)(skel))
#endif

/* The tree's macro searches the whole BTF for each of about fifty enumerators. */
#undef SCX_ENUM_SET
#define SCX_ENUM_SET(skel, type, name)                   \
	do {                                             \
		unsigned long long __value = 0;          \
		kernel_btf_enum(#type, #name, &__value); \
		(skel)->rodata->__##name = __value;      \
	} while (0)

struct scheduler {
	struct bpf_object_skeleton *skeleton;
	struct bpf_map *ops;
	struct bpf_link *link;
	struct user_exit_info *exit_info;
	const char *dump; /* of the kernel, after an ejection */
	bool expect_ejection; /* an ejection is no failure */
	pthread_t worker; /* attaches or detaches it meanwhile */
	bool attaching;
	bool attached; /* the attach has returned */
	bool stuck; /* the worker never ends */
	int attach_err;
	struct reason attach_failure;
	bool detaching;
	bool detached; /* the detach has returned */
	bool detach_ok;
	unsigned long long unregistered; /* the exit kind of a plain unload */
};

/*
 * For setup(): skips the test where no scheduler can be loaded, as the kernel has
 * no sched_ext or no BTF, or another scheduler runs.
 */
void need_sched_ext(void);

/*
 * The same for a scheduler that follows cgroups: enables the cpu controller in the
 * test's cgroup, as sched_ext only knows cgroups that have it.
 */
void need_cgroup_sched_ext(void);

/* Compares with /sys/kernel/sched_ext/state: "disabled", "enabling", "enabled", ... */
bool scheduler_state_is(const char *state);

/* Returns whether a scheduler of this name is enabled. */
bool scheduler_is_enabled(const char *name);

/* Before the harness forks; false if there is no sched_ext, or no such flag. */
bool scheduler_prepare(const char *flag_name, unsigned long long *flag);

/* Loads the programs, or ends the test. It is unloaded at the end of the test. */
void scheduler_load(struct scheduler *sch);

/* Attaches it, which enables it; or ends the test. */
void scheduler_attach(struct scheduler *sch);

/* The same for a scheduler that may fail: 0, or -errno and the reason. */
int scheduler_try_load(struct scheduler *sch, struct reason *reason);
int scheduler_try_attach(struct scheduler *sch, struct reason *reason);

/*
 * An attach in a thread, for a test that does something meanwhile. Nothing can fork
 * until the scheduler is enabled.
 */
int scheduler_attach_begin(struct scheduler *sch);
int scheduler_attach_end(struct scheduler *sch, struct reason *reason);

/* The same, or ends the test. */
void scheduler_attach_must_end(struct scheduler *sch);

/* Waits for the event in the log, unless the kernel ejects the scheduler. */
bool scheduler_wait_event(const struct scheduler *sch, enum event_kind kind,
			  __u64 cgroup, pid_t pid);

/* offline_barrier() by cgroup_exit. Ends the test if the kernel ejects the scheduler. */
void scheduler_offline_barrier(const struct scheduler *sch,
			       const struct cgroup *parent);

/* Ends the test unless the log has cgroup_init of @cg, and init_task of @pid in @cg. */
void scheduler_must_know(const struct cgroup *cg, pid_t pid);

/* Disables it; the timeline gets the begin and the end of the unload. */
void scheduler_disable(struct scheduler *sch);

/*
 * Unloads it. Only then is it certain whether the kernel had ejected it before:
 * that is a failure of the test, explained by the kernel's reason, the task that the
 * kernel names, and its dump; and the log proves nothing then. False if so.
 */
bool scheduler_detach(struct scheduler *sch);

/* The same in a thread, for a test that does something meanwhile. */
int scheduler_detach_begin(struct scheduler *sch);
bool scheduler_detach_end(struct scheduler *sch);

/*
 * Waits until the kernel has ejected the scheduler, and unloads it, so that
 * scheduler_detach() reports no failure. Returns true and sets @reason to the kernel's
 * reason, or returns false.
 */
bool scheduler_wait_ejected(struct scheduler *sch, struct reason *reason);

/* Returns whether the kernel has ejected it already; why, in @reason. */
bool scheduler_ejected(const struct scheduler *sch, struct reason *reason);

/*
 * Leaves out scx_lib_init_probe, an fentry program in the kernel tree's common.bpf.h: no test
 * uses its result, and without fentry it would keep the scheduler from being loaded.
 */
void scheduler_adapt(struct bpf_object *obj);

/* For a skeleton whose struct_ops map is ops and whose exit info is uei. */
#define OPEN_SKELETON(name)                               \
	({                                                \
		struct name *__opened = name##__open();   \
		if (__opened) {                           \
			scheduler_adapt(__opened->obj);   \
			SCX_ENUM_INIT(__opened);          \
			UEI_SET_SIZE(__opened, ops, uei); \
		}                                         \
		__opened;                                 \
	})

#define SCHEDULER_TAKE(sch, skel)                               \
	do {                                                    \
		struct scheduler *__sch = (sch);                \
		typeof(skel) __taken = (skel);                  \
		__sch->skeleton = __taken->skeleton;            \
		__sch->ops = __taken->maps.ops;                 \
		__sch->exit_info = &__taken->data->uei;         \
		__sch->dump = __taken->data_uei_dump->uei_dump; \
	} while (0)

/* Opens such a skeleton and sets up @sch, or ends the test. */
#define SCHEDULER_OPEN_ANEW(sch, name)                              \
	({                                                          \
		struct name *__skel = OPEN_SKELETON(name);          \
		if (!__skel)                                        \
			test_error("cannot open the BPF skeleton"); \
		SCHEDULER_TAKE(sch, __skel);                        \
		__skel;                                             \
	})

/* The same, or takes the preloaded skeleton. */
#define SCHEDULER_OPEN(sch, name)                                 \
	({                                                        \
		struct name *__ready = preloaded(#name);          \
		if (__ready)                                      \
			SCHEDULER_TAKE(sch, __ready);             \
		else                                              \
			__ready = SCHEDULER_OPEN_ANEW(sch, name); \
		__ready;                                          \
	})

/*
 * Once per program whose tests all load skeleton @name in the same way: as it is,
 * or with the enumerator @flag_name of scx_ops_flags (or NULL). It is then loaded
 * once, before the harness forks for each test.
 */
#define PRELOAD_SCHEDULER(name, flag_name)                              \
	static void preload_scheduler(void)                             \
	{                                                               \
		struct name *skel = NULL;                               \
		unsigned long long flag = 0;                            \
		if (scheduler_prepare(flag_name, &flag))                \
			skel = OPEN_SKELETON(name);                     \
		if (skel) {                                             \
			skel->struct_ops.ops->flags |= flag;            \
			preload(#name, skel, skel->skeleton);           \
		}                                                       \
	}                                                               \
	static void __attribute__((constructor)) register_preload(void) \
	{                                                               \
		this_program.prepare = preload_scheduler;               \
	}

#endif /* TASK_EXIT_SCHEDULER_H */
