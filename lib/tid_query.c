// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_query - the C side. See tid_query.h.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <scx/common.h>

#include "bpf_refusal.h"
#include "scheduler.h"
#include "test_run.h"
#include "tid_query.h"
#include "wait.h"

int tid_flag(unsigned long long *flag, struct reason *reason)
{
	if (!kernel_btf_enum("scx_ops_flags", "SCX_OPS_TID_TO_TASK", flag))
		return 0;
	test_print_missing(FIX_SCX_TID);
	reason_set(reason,
		   "this kernel has no SCX_OPS_TID_TO_TASK: 7.2 or later");
	return -EOPNOTSUPP;
}

int tid_ask(struct bpf_program *program, struct tid_query *query)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = query,
		    .ctx_size_in = sizeof(*query));
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	return err ?: (int)opts.retval;
}

unsigned long long tid_get(struct bpf_program *tid_of_pid, int pid)
{
	struct tid_query query = { .pid = pid };
	int err = tid_ask(tid_of_pid, &query);

	if (err || !query.pid_found)
		test_error("cannot get the tid of pid %d: %s", pid,
			   strerror(err ? -err : ESRCH));
	test_step("pid %d has tid %llu", pid, query.tid);
	test_require(query.tid, FIX_NONE, "a live task has tid 0");
	return query.tid;
}

struct tid_query tid_look_up(struct bpf_program *lookup_tid,
			     unsigned long long tid, int pid)
{
	struct tid_query query = { .tid = tid, .pid = pid };
	int err = tid_ask(lookup_tid, &query);

	if (err)
		test_error("cannot look tid %llu up: %s", tid, strerror(-err));
	if (query.tid_found)
		test_step("tid %llu finds pid %d, which has tid %llu", tid,
			  query.found_pid, query.found_tid);
	else
		test_step("tid %llu finds nothing", tid);
	return query;
}

/* Without a step for each lookup. */
static bool finds_nothing(struct bpf_program *lookup_tid,
			  unsigned long long tid)
{
	struct tid_query query = { .tid = tid };

	return !tid_ask(lookup_tid, &query) && !query.tid_found;
}

bool tid_await_removal(struct bpf_program *lookup_tid, unsigned long long tid,
		       int ms)
{
	WAIT_FOR(finds_nothing(lookup_tid, tid), ms);
	return !tid_look_up(lookup_tid, tid, 0).tid_found;
}

static void rename_self(int unused)
{
	char name[16];

	(void)unused;
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_NAME, name);
}

/* A test run of an fentry program makes the kernel call bpf_fentry_test1(). */
static void run_fentry(int program_fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	bpf_prog_test_run_opts(program_fd, &opts);
}

static int trace_once(struct bpf_program *program, struct tid_trace *trace,
		      void (*trigger)(int program_fd))
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link) {
		int err = -errno;

		reason_set(&test.reason,
			   "%s cannot be traced with BPF: %s: CONFIG_FUNCTION_TRACER, CONFIG_BPF_EVENTS",
			   strchr(bpf_program__section_name(program), '/') + 1,
			   bpf_refusal(err));
		test_skip_or_error(bpf_classify(err));
		return err;
	}
	memset(trace, 0, sizeof(*trace));
	trace->pid = getpid();
	trigger(bpf_program__fd(program));
	trace->pid = 0;
	bpf_link__destroy(link);
	return trace->calls == 1 ? 0 : -EIO;
}

int tid_trace_rename(struct bpf_program *program, struct tid_trace *trace)
{
	return trace_once(program, trace, rename_self);
}

int tid_trace_fentry(struct bpf_program *program, struct tid_trace *trace)
{
	return trace_once(program, trace, run_fentry);
}
