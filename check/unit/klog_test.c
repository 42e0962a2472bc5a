// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog_test - what counts as a report of the kernel, and what does not.
 */
#include "kselftest_harness.h"

#include "klog.h"

TEST(reports_are_alarms)
{
	EXPECT_TRUE(klog_is_alarm("WARNING: CPU: 0 PID: 1 at kernel/a.c:1"));
	EXPECT_TRUE(klog_is_alarm("BUG: unable to handle page fault"));
	EXPECT_TRUE(klog_is_alarm("Oops: 0002 [#1] SMP"));
	EXPECT_TRUE(klog_is_alarm("INFO: task sh:1 blocked for more than 1 s"));
	EXPECT_TRUE(klog_is_alarm("rcu: INFO: rcu_sched detected stalls"));
	EXPECT_TRUE(klog_is_alarm("watchdog: BUG: soft lockup - CPU#0 stuck"));
	EXPECT_TRUE(klog_is_alarm("[ BUG: Invalid wait context ]"));
}

TEST(other_lines_are_not)
{
	EXPECT_FALSE(klog_is_alarm(""));
	EXPECT_FALSE(klog_is_alarm("DEBUG: hello"));
	EXPECT_FALSE(klog_is_alarm("sched_ext: BPF scheduler enabled"));
	EXPECT_FALSE(klog_is_alarm("sysrq: Show Blocked State"));
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
