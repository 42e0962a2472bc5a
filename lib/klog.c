// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog - read /dev/kmsg. See klog.h.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "klog.h"

/* The first line of a report begins with, or contains, one of these. */
static const char *const alarms[] = {
	"WARNING: ",
	"BUG: ",
	"kernel BUG at",
	"Oops: ",
	"Unable to handle kernel",
	"general protection fault",
	"INFO: task ",
	"INFO: rcu_",
	"INFO: possible ",
	"INFO: suspicious RCU usage",
	"INFO: inconsistent lock state",
	"possible recursive locking detected",
	"possible circular locking dependency detected",
	"suspicious RCU usage",
	"invalid wait context",
	"bad unlock balance detected",
	"held lock freed",
	"self-detected stall on CPU",
	"detected stalls on CPUs",
	"soft lockup",
	"hard LOCKUP",
	"scheduling while atomic",
	"sleeping function called from invalid context",
	"KASAN: ",
	"UBSAN: ",
	"refcount_t: ",
	"list_add corruption",
	"list_del corruption",
	"workqueue lockup",
};

/* Enough of a report to show its head and the first frames. */
#define REPORT_LINES 16

void klog_start(struct klog *klog)
{
	klog->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (klog->fd >= 0)
		lseek(klog->fd, 0, SEEK_END);
}

void klog_restart(struct klog *klog)
{
	if (klog->fd >= 0)
		close(klog->fd);
	klog_start(klog);
}

bool klog_is_alarm(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alarms); i++) {
		const char *at = strstr(text, alarms[i]);

		/* "BUG: " matches, "DEBUG: " does not. */
		if (at && (at == text || !isalnum(at[-1])))
			return true;
	}
	return false;
}

/* "PRIORITY,NUMBER,TIME,FLAGS;text\n KEY=value\n..." */
const char *klog_text(char *record)
{
	char *text = strchr(record, ';');

	/* The facility follows three bits of level; the kernel is facility 0. */
	if (!text || atoi(record) >> 3)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text + 1;
}

/* The next record by the kernel; NULL if there is none yet. */
static const char *next_message(const struct klog *klog, char *record,
				size_t size)
{
	for (;;) {
		ssize_t len = read(klog->fd, record, size - 1);
		const char *message;

		/* EPIPE: the ring buffer has overwritten records; read on. */
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return NULL;
		record[len] = '\0';
		message = klog_text(record);
		if (message)
			return message;
	}
}

bool klog_has(struct klog *klog, const char *word, char *text, size_t size)
{
	char record[8192];
	const char *message;

	while (klog->fd >= 0 &&
	       (message = next_message(klog, record, sizeof(record)))) {
		if (!strstr(message, word))
			continue;
		snprintf(text, size, "%s", message);
		return true;
	}
	return false;
}

int klog_stop(struct klog *klog, char *text, size_t size)
{
	int alarms_seen = 0, lines = 0;
	const char *message;
	char record[8192];
	size_t used = 0;

	text[0] = '\0';
	if (klog->fd < 0)
		return 0;

	while ((message = next_message(klog, record, sizeof(record)))) {
		alarms_seen += klog_is_alarm(message);
		if (!alarms_seen || lines++ >= REPORT_LINES || used >= size)
			continue;
		used += snprintf(text + used, size - used, "%s\n", message);
	}
	close(klog->fd);
	klog->fd = -1;
	return alarms_seen;
}
