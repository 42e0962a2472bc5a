// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_verifier - the verifier refuses wrong uses of scx_bpf_tid_to_task().
 *
 * The invariant. What the kfunc returns may be NULL and is there only until the end
 * of the RCU read section, without a reference. So a program must be in such a
 * section, must check for NULL, must not release what it has not acquired, and must
 * not use the task after the section. Schedulers, syscall and tracing programs may
 * call the kfunc; others have no business with it.
 *
 * Who established it. 41e3312861ea, with the kfunc's flags (KF_RET_NULL,
 * KF_RCU_PROTECTED) and the sets that it put it in.
 *
 * How the window is opened. There is none: each program is loaded alone, in an
 * object of its own, so that a bad one spoils no other. The right uses must load,
 * which shows that a refusal is about what is wrong; and the errno and the words of
 * the verifier must be those of the one mistake.
 *
 * What a failure means. A program that the verifier let pass uses a task that has
 * been freed: the kernel crashes; or a right use can no longer be loaded.
 */
#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "tid_query.h"
#include "tid_verifier.skel.h"

FIXTURE(scx_tid_verifier)
{
	struct stage stage;
	char log[65536];
};

FIXTURE_SETUP(scx_tid_verifier)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);
}

FIXTURE_TEARDOWN(scx_tid_verifier)
{
	STRIKE_STAGE();
}

/* In the object only @name is left; its log goes to @log. */
static struct bpf_program *single_out(struct bpf_object *object,
				      const char *name, char *log, size_t size)
{
	struct bpf_program *program, *found = NULL;

	bpf_object__for_each_program(program, object) {
		bool wanted = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, wanted);
		if (wanted)
			found = program;
	}
	if (found) {
		bpf_program__set_log_buf(found, log, size);
		bpf_program__set_log_level(found, 1);
	}
	return found;
}

/*
 * What the kernel says to program @name: 0 or -errno. Programs of a struct_ops are
 * loaded for the map @ops that they belong to, and no other map like that is made.
 */
static int verdict(FIXTURE_DATA(scx_tid_verifier) * self, const char *name,
		   const char *ops)
{
	struct tid_verifier *skel = tid_verifier__open();
	int err;

	if (!skel)
		return -ENOMEM;
	self->log[0] = '\0';
	bpf_map__set_autocreate(skel->maps.ops, ops && !strcmp(ops, "ops"));
	bpf_map__set_autocreate(skel->maps.tcp, ops && !strcmp(ops, "tcp"));
	if (single_out(skel->obj, name, self->log, sizeof(self->log)))
		err = bpf_object__load(skel->obj);
	else
		err = -ESRCH;
	STEP("%s: %s", name, err ? strerror(-err) : "loaded");
	tid_verifier__destroy(skel);
	return err;
}

/* The last line but the statistics says why. */
static void print_log(const char *log)
{
	const char *tail = strlen(log) > 600 ? log + strlen(log) - 600 : log;

	ksft_print_msg("the verifier's log ends in:\n%s\n", tail);
}

static void expect_loaded(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_tid_verifier) * self,
			  const char *name)
{
	int err = verdict(self, name, NULL);

	if (!err)
		return;
	BROKEN(FIX_NONE, "a right use (%s) is refused: %s", name,
	       strerror(-err));
	print_log(self->log);
}

static void expect_refused(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_tid_verifier) * self,
			   const char *name, const char *ops, int want,
			   const char *words)
{
	int err = verdict(self, name, ops);

	ASSERT_NE(-ESRCH, err);
	if (!err)
		BROKEN(FIX_NONE, "a wrong use (%s) is not refused", name);
	else if (err != want)
		BROKEN(FIX_NONE, "a wrong use (%s) is refused with %s, not %s",
		       name, strerror(-err), strerror(-want));
	else if (!strstr(self->log, words))
		BROKEN(FIX_NONE,
		       "a wrong use (%s) is refused for another reason than \"%s\"",
		       name, words);
	else
		return;
	print_log(self->log);
}

#define LOADED(name) expect_loaded(_metadata, self, name)
#define REFUSED(name, ops, err, words) \
	expect_refused(_metadata, self, name, ops, -(err), words)

TEST_F(scx_tid_verifier, right_uses_are_loaded)
{
	LOADED("good_locked");
	LOADED("good_acquired");
	LOADED("good_atomic");
}

TEST_F(scx_tid_verifier, sleepable_program_must_be_in_a_read_section)
{
	REFUSED("bad_unlocked", NULL, EACCES,
		"requires RCU critical section protection");
	REFUSED("bad_unlocked_callback", "ops", EACCES,
		"requires RCU critical section protection");
}

TEST_F(scx_tid_verifier, result_must_be_checked_for_null)
{
	REFUSED("bad_unchecked", NULL, EACCES, "_or_null_");
	REFUSED("bad_unchecked_argument", NULL, EACCES,
		"Possibly NULL pointer passed");
}

TEST_F(scx_tid_verifier, result_is_not_to_be_released)
{
	REFUSED("bad_release", NULL, EINVAL,
		"expects referenced PTR_TO_BTF_ID");
}

TEST_F(scx_tid_verifier, result_ends_with_the_read_section)
{
	REFUSED("bad_after_unlock", NULL, EINVAL, "must be a rcu pointer");
}

TEST_F(scx_tid_verifier, result_is_not_to_be_written_to)
{
	REFUSED("bad_write", NULL, EACCES, "only read is supported");
}

/* Whether the kernel was built with programs of this type at all. */
static bool has_type_of(const char *name)
{
	struct tid_verifier *skel = tid_verifier__open();
	struct bpf_program *program;
	bool has;

	if (!skel)
		return false;
	program = bpf_object__find_program_by_name(skel->obj, name);
	has = !program ||
	      libbpf_probe_bpf_prog_type(bpf_program__type(program), NULL) != 0;
	tid_verifier__destroy(skel);
	return has;
}

TEST_F(scx_tid_verifier, other_program_types_may_not_call_it)
{
	static const char *const types[] = {
		"bad_socket_filter", "bad_xdp",	       "bad_tc",
		"bad_cgroup_device", "bad_cgroup_skb", "bad_kprobe",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (has_type_of(types[i]))
			REFUSED(types[i], NULL, EACCES,
				"calling kernel function scx_bpf_tid_to_task is not allowed");
		else
			STEP("%s: this kernel has none", types[i]);
	}
	REFUSED("bad_tcp_init", "tcp", EACCES,
		"calling kernel function scx_bpf_tid_to_task is not allowed");
}

TEST_PROGRAM(scx_tid_verifier)
