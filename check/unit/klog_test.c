// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog_test - what counts as a report of the kernel, and what does not.
 */
#include "kselftest_harness.h"

#include <stdbool.h>

#include "klog.h"

static struct klog_findings found;

/* Sets found, by a log of these lines. */
static void read_log(const char *const *lines)
{
	struct klog_reader reader = { .found = &found };

	memset(&found, 0, sizeof(found));
	for (; *lines; lines++)
		klog_take(&reader, *lines);
	klog_end(&reader);
}

#define READ_LOG(...) read_log((const char *const[]){ __VA_ARGS__, NULL })

static bool is_alarm(const char *line)
{
	READ_LOG(line);
	return found.alarms;
}

TEST(crash_is_an_alarm_wherever_it_is)
{
	EXPECT_TRUE(is_alarm("BUG: unable to handle page fault"));
	EXPECT_TRUE(is_alarm("Oops: 0002 [#1] SMP"));
	EXPECT_TRUE(is_alarm("INFO: task sh:1 blocked for more than 1 s"));
	EXPECT_TRUE(is_alarm("rcu: INFO: rcu_sched detected stalls"));
	EXPECT_TRUE(is_alarm("watchdog: BUG: soft lockup - CPU#0 stuck"));
	EXPECT_TRUE(is_alarm("[ BUG: Invalid wait context ]"));
	EXPECT_TRUE(is_alarm("WARNING: suspicious RCU usage"));
	EXPECT_TRUE(is_alarm("WARNING: inconsistent lock state"));
	EXPECT_TRUE(is_alarm("BUG: KASAN: slab-use-after-free in foo+0x1/0x2"));
	EXPECT_EQ(0, found.others);
}

TEST(other_lines_are_no_report)
{
	READ_LOG("", "DEBUG: hello", "sched_ext: BPF scheduler enabled",
		 "sysrq: Show Blocked State",
		 "RIP: 0010:cgroup_rmdir+0x10/0x20");
	EXPECT_EQ(0, found.alarms);
	EXPECT_EQ(0, found.others);
	EXPECT_STREQ("", found.report);
}

TEST(location_of_ours_makes_a_warning_an_alarm)
{
	EXPECT_TRUE(is_alarm("WARNING: CPU: 0 PID: 1 at kernel/cgroup/cgroup.c:1 foo+0x1/0x2"));
	EXPECT_TRUE(is_alarm("WARNING: kernel/sched/ext.c:9 at foo+0x1/0x2, CPU#0: a/1"));
	EXPECT_TRUE(is_alarm("WARNING: CPU: 0 PID: 1 at include/linux/a.h:1 __scx_b+0x1/0x2"));
}

#define FOREIGN "WARNING: CPU: 1 PID: 7 at drivers/gpu/a.c:1 a_irq+0x1/0x2 [a]"

TEST(trace_with_ours_makes_a_warning_an_alarm)
{
	READ_LOG("------------[ cut here ]------------",
		 "refcount_t: underflow; use-after-free.",
		 "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 warn+0x1/0x2",
		 "Call Trace:", " <TASK>", " warn+0x1/0x2", " css_put+0x3/0x4",
		 "---[ end trace 0 ]---");
	EXPECT_EQ(1, found.alarms);
	EXPECT_EQ(0, found.others);
	EXPECT_EQ(0, strncmp(found.report, "refcount_t: ", 12));
	EXPECT_NE(NULL, strstr(found.report, "css_put+0x3"));
	READ_LOG("WARNING: CPU: 0 PID: 1 at mm/a.c:1 b+0x1/0x2",
		 " enqueue_task_scx+0x1/0x2");
	EXPECT_EQ(1, found.alarms);
}

TEST(warning_of_another_part_is_only_told)
{
	READ_LOG(FOREIGN, "RIP: 0010:a_irq+0x1/0x2 [a]",
		 "Call Trace:", " a_irq+0x1/0x2 [a]", " ? cgroup_rmdir+0x1/0x2",
		 " sched_a+0x1/0x2 [a]", " drm_sched_b+0x1/0x2",
		 " ret_from_fork+0x1/0x2", "---[ end trace 0 ]---",
		 "cgroup_rmdir+0x1/0x2 is another line");
	EXPECT_EQ(0, found.alarms);
	EXPECT_EQ(1, found.others);
	EXPECT_STREQ(FOREIGN, found.other);
	EXPECT_STREQ("", found.report);
	EXPECT_FALSE(is_alarm("WARNING: CPU: 0 PID: 1 at drivers/a/kernel/sched/b.c:1 a+0x1/0x2"));
	EXPECT_FALSE(is_alarm("a: WARNING: no trace"));
}

TEST(report_of_ours_is_quoted_alone)
{
	READ_LOG(FOREIGN, "a", "b", "c", "---[ end trace 0 ]---", "d",
		 "BUG: scheduling while atomic: e", "f");
	EXPECT_EQ(1, found.alarms);
	EXPECT_EQ(1, found.others);
	EXPECT_STREQ("BUG: scheduling while atomic: e\nf\n", found.report);
}

TEST(foreign_warning_does_not_hide_a_later_one)
{
	READ_LOG(FOREIGN, "a", "b", "c",
		 "WARNING: CPU: 0 PID: 1 at kernel/exit.c:1 d+0x1/0x2");
	EXPECT_EQ(1, found.alarms);
	EXPECT_EQ(1, found.others);
}

TEST(text_is_cut_out_of_the_record)
{
	char record[] = "4,1234,5678,-;WARNING: here\n SUBSYSTEM=x\n";

	EXPECT_STREQ("WARNING: here", klog_text(record));
}

TEST(what_userspace_wrote_is_not_the_kernels)
{
	char record[] = "12,1234,5678,-;WARNING: from a daemon\n";

	EXPECT_EQ(NULL, klog_text(record));
}

TEST(broken_record_has_no_text)
{
	char record[] = "nonsense";

	EXPECT_EQ(NULL, klog_text(record));
}

TEST_HARNESS_MAIN
