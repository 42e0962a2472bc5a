/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scheduler - load, watch and unload one BPF scheduler, ours.
 *
 * There is one sched_ext scheduler per machine. Where somebody else's runs, a
 * test is skipped: it is never ejected. Ours goes when the last descriptor of
 * its link is closed, whatever ends the test.
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
#include "preloaded.h"
#include "reason.h"
#include "story.h"

/* A tree that is too old to resolve enumerators at run time. */
#ifndef SCX_ENUM_INIT
#define SCX_ENUM_INIT(skel) ((void)(skel))
#endif

/* The tree's own searches all of the BTF for each of some fifty. */
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
	const char *dump; /* the kernel's, for when it throws it out */
	bool doomed; /* the test means it to be thrown out */
	pthread_t worker; /* attaches or detaches it while the test does more */
	bool attaching;
	int attach_err;
	struct reason attach_failure;
	struct story *detaching; /* for this story; NULL while it is not */
	bool detach_was_well;
	unsigned long long unregistered; /* the exit kind of a plain unload */
};

/*
 * Whether a scheduler can be loaded here; -EOPNOTSUPP with the reason where
 * the kernel has no sched_ext or no BTF, -EBUSY where another one runs.
 */
int scheduler_possible(struct reason *reason);

/*
 * The same for one that follows cgroups: the children of @root get the cpu
 * controller, without which a cgroup is not a scheduler's business.
 */
int scheduler_possible_in(const struct cgroup *root, struct reason *reason);

/* What the kernel says of sched_ext: "disabled", "enabling", "enabled", "disabling". */
bool scheduler_state_is(const char *state);

/* Whether a scheduler of this name is enabled, ours or somebody else's. */
bool scheduler_is_enabled(const char *name);

/* Before the harness forks; false where there is no sched_ext, or no such flag. */
bool scheduler_prepare(const char *flag_name, unsigned long long *flag);

/* Loads the programs; 0, or -errno with libbpf's complaint as the reason. */
int scheduler_load(struct scheduler *sch, struct reason *reason);

/* Enables the scheduler; -EBUSY if somebody else's has come first. */
int scheduler_attach(struct scheduler *sch, struct reason *reason);

/* Disables it; the story's log gets the unload's begin and end. */
void scheduler_unload(struct scheduler *sch, struct story *story);

/*
 * An attach for a test that does something meanwhile. Not in a child: the link is
 * to be ours. Until it is attached nothing can fork.
 */
int scheduler_attach_begin(struct scheduler *sch);
int scheduler_attach_end(struct scheduler *sch, struct reason *reason);

/* Waits until it has noted this; from one that was ejected nothing comes. */
bool scheduler_notes(const struct scheduler *sch, const struct event_log *log,
		     enum event_kind kind, __u64 cgroup, pid_t pid);

/*
 * Unloads it and judges. Only then is it
 * certain whether the kernel had thrown it out before: that breaks the story,
 * which then has the kernel's reason, the task that it blames, and its dump; and
 * what was noted proves nothing any more. Whether all was well.
 */
bool scheduler_detach(struct scheduler *sch, struct story *story);

/* The same for a test that does something meanwhile. */
int scheduler_detach_begin(struct scheduler *sch, struct story *story);
bool scheduler_detach_end(struct scheduler *sch);

/*
 * For one that is to be thrown out: waits until it is and takes down what is left
 * of it, so that scheduler_detach() has no complaint. Whether it was; why, in
 * @reason.
 */
bool scheduler_falls(struct scheduler *sch, struct story *story,
		     struct reason *reason);

/* Whether the kernel has thrown it out already; why, in @reason. */
bool scheduler_ejected(const struct scheduler *sch, struct reason *reason);

/* One whose struct_ops map is called ops and whose exit info is called uei. */
#define OPEN_SKELETON(name)                               \
	({                                                \
		struct name *__opened = name##__open();   \
		if (__opened) {                           \
			SCX_ENUM_INIT(__opened);          \
			UEI_SET_SIZE(__opened, ops, uei); \
		}                                         \
		__opened;                                 \
	})

#define SCHEDULER_TAKE(sch, skel)                              \
	do {                                                   \
		(sch)->skeleton = (skel)->skeleton;            \
		(sch)->ops = (skel)->maps.ops;                 \
		(sch)->exit_info = &(skel)->data->uei;         \
		(sch)->dump = (skel)->data_uei_dump->uei_dump; \
	} while (0)

/* Opens such a skeleton and makes @sch stand for it; NULL if it cannot be opened. */
#define SCHEDULER_OPEN_ANEW(sch, name)                     \
	({                                                 \
		struct name *__skel = OPEN_SKELETON(name); \
		if (__skel)                                \
			SCHEDULER_TAKE(sch, __skel);       \
		__skel;                                    \
	})

/* The same; it may be loaded already. */
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
 * In the place of TEST_PROGRAM(), where all tests load @name in the same way: as it
 * is, or with an enumerator of scx_ops_flags.
 */
#define SCHEDULER_PROGRAM(program_name, name, flag_name)  \
	static void prepare_program(void)                 \
	{                                                 \
		struct name *skel;                        \
		unsigned long long flag = 0;              \
		if (!scheduler_prepare(flag_name, &flag)) \
			return;                           \
		skel = OPEN_SKELETON(name);               \
		if (!skel)                                \
			return;                           \
		skel->struct_ops.ops->flags |= flag;      \
		preload(#name, skel, skel->skeleton);     \
	}                                                 \
	DEFINE_TEST_PROGRAM(program_name, prepare_program())

#endif /* TASK_EXIT_SCHEDULER_H */
