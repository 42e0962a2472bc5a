// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_verifier - the verifier refuses wrong uses of scx_bpf_tid_to_task().
 *
 * The invariant. The kfunc returns NULL or a task without a reference, which is valid
 * until the end of the RCU read section. So the verifier requires that a program is
 * in such a section, checks for NULL, does not release the task unless it has
 * acquired it, and does not use it after the section. Only schedulers, syscall
 * programs and tracing programs may call the kfunc.
 *
 * History. 41e3312861ea established it, by the kfunc's flags (KF_RET_NULL,
 * KF_RCU_PROTECTED) and the kfunc sets that it is in.
 *
 * The window. There is none. Each program is loaded alone, in its own
 * object, so that no program affects another. The correct uses must load: that shows
 * that the verifier refuses the others for their mistake. Its errno and its message
 * must match that mistake.
 *
 * Consequence. The verifier accepts a program that uses a freed task, and
 * the kernel crashes; or it refuses a correct program.
 */
#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "tid_query.h"
#include "tid_verifier.skel.h"

static char verifier_log[65536];

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
}

/* Only program @name is loaded from the object, with its log in verifier_log. */
static bool select_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program, *selected = NULL;

	bpf_object__for_each_program(program, object) {
		bool is_it = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, is_it);
		if (is_it)
			selected = program;
	}
	if (!selected)
		return false;
	verifier_log[0] = '\0';
	bpf_program__set_log_buf(selected, verifier_log, sizeof(verifier_log));
	bpf_program__set_log_level(selected, 1);
	return true;
}

/*
 * Loads program @name; 0 or -errno. A struct_ops program is loaded for the map @ops,
 * which alone is created.
 */
static int load(const char *name, const char *ops)
{
	struct tid_verifier *skel = tid_verifier__open();
	int err;

	if (!skel)
		test_error("cannot open the BPF skeleton: %s", strerror(errno));
	bpf_map__set_autocreate(skel->maps.ops, ops && !strcmp(ops, "ops"));
	bpf_map__set_autocreate(skel->maps.tcp, ops && !strcmp(ops, "tcp"));
	if (!select_program(skel->obj, name))
		test_error("the BPF object has no program %s", name);
	err = bpf_object__load(skel->obj);
	test_step("%s: %s", name, err ? strerror(-err) : "loaded");
	tid_verifier__destroy(skel);
	return err;
}

/* The reason is in the last line before the statistics. */
static void print_log(void)
{
	size_t length = strlen(verifier_log);

	ksft_print_msg("the verifier's log ends in:\n%s\n",
		       verifier_log + (length > 600 ? length - 600 : 0));
}

static void must_load(const char *name)
{
	int err = load(name, NULL);

	if (!err)
		return;
	test_fail(FIX_NONE, "a correct use (%s) is refused: %s", name,
		  strerror(-err));
	print_log();
}

static void must_be_refused(const char *name, const char *ops, int expected,
			    const char *message)
{
	int err = load(name, ops);

	if (!err)
		test_fail(FIX_NONE, "a wrong use (%s) is not refused", name);
	else if (err != -expected)
		test_fail(FIX_NONE,
			  "a wrong use (%s) is refused with %s, not %s", name,
			  strerror(-err), strerror(expected));
	else if (!strstr(verifier_log, message))
		test_fail(FIX_NONE,
			  "a wrong use (%s) is refused for another reason than \"%s\"",
			  name, message);
	else
		return;
	print_log();
}

TEST_INVARIANT(correct_uses_are_loaded,
	       "the verifier accepts programs that use scx_bpf_tid_to_task() as documented",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_load("good_locked");
	must_load("good_acquired");
	must_load("good_atomic");
}

TEST_INVARIANT(sleepable_program_needs_a_read_section,
	       "the verifier returns EACCES for a call of scx_bpf_tid_to_task() outside of an RCU read section",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_be_refused("bad_unlocked", NULL, EACCES,
			"requires RCU critical section protection");
	must_be_refused("bad_unlocked_callback", "ops", EACCES,
			"requires RCU critical section protection");
}

TEST_INVARIANT(result_must_be_checked_for_null,
	       "the verifier returns EACCES if a program uses the result of scx_bpf_tid_to_task() without a check for NULL",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_be_refused("bad_unchecked", NULL, EACCES, "_or_null_");
	must_be_refused("bad_unchecked_argument", NULL, EACCES,
			"Possibly NULL pointer passed");
}

TEST_INVARIANT(result_must_not_be_released,
	       "the verifier returns EINVAL for the release of a task that was looked up but not acquired",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_be_refused("bad_release", NULL, EINVAL,
			"expects referenced PTR_TO_BTF_ID");
}

TEST_INVARIANT(result_is_invalid_after_the_read_section,
	       "the verifier returns EINVAL if a program uses the result of scx_bpf_tid_to_task() after the RCU read section",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_be_refused("bad_after_unlock", NULL, EINVAL,
			"must be a rcu pointer");
}

TEST_INVARIANT(result_is_read_only,
	       "the verifier returns EACCES for a write to a task that was looked up",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	must_be_refused("bad_write", NULL, EACCES, "only read is supported");
}

/* Whether the kernel supports the type of this program. */
static bool has_type_of(const char *name)
{
	struct tid_verifier *skel = tid_verifier__open();
	struct bpf_program *program;
	bool has;

	if (!skel)
		test_error("cannot open the BPF skeleton: %s", strerror(errno));
	program = bpf_object__find_program_by_name(skel->obj, name);
	if (!program)
		test_error("the BPF object has no program %s", name);
	has = libbpf_probe_bpf_prog_type(bpf_program__type(program), NULL) != 0;
	tid_verifier__destroy(skel);
	return has;
}

TEST_INVARIANT(other_program_types_may_not_call_it,
	       "the verifier returns EACCES for scx_bpf_tid_to_task() in a program that is no scheduler, syscall or tracing program",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	static const char message[] =
		"calling kernel function scx_bpf_tid_to_task is not allowed";
	static const char *const types[] = {
		"bad_socket_filter", "bad_xdp",	       "bad_tc",
		"bad_cgroup_device", "bad_cgroup_skb", "bad_kprobe",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (has_type_of(types[i]))
			must_be_refused(types[i], NULL, EACCES, message);
		else
			test_step("%s: not supported by this kernel", types[i]);
	}
	must_be_refused("bad_tcp_init", "tcp", EACCES, message);
}
