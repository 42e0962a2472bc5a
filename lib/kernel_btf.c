// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_btf - query the types of the running kernel. See kernel_btf.h.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_btf.h"

/* sched_ext has about 150. */
#define MAX_NAMES 512

static struct {
	char *name;
	const struct btf_type *type; /* NULL: there is none */
} known[MAX_NAMES];

static const struct btf *kernel_btf(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

static void remember(int i, const char *name, const struct btf_type *type)
{
	if (i >= MAX_NAMES)
		return;
	known[i].name = strdup(name);
	known[i].type = type;
}

static const struct btf_type *find_type(const char *name)
{
	const struct btf *btf = kernel_btf();
	const struct btf_type *type;
	int i, id;

	if (!btf)
		return NULL;
	for (i = 0; i < MAX_NAMES && known[i].name; i++)
		if (!strcmp(known[i].name, name))
			return known[i].type;
	id = btf__find_by_name(btf, name);
	type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	remember(i, name, type);
	return type;
}

static bool is_named(__u32 offset, const char *name)
{
	return !strcmp(btf__name_by_offset(kernel_btf(), offset), name);
}

bool kernel_btf_member(const char *type_name, const char *name)
{
	const struct btf_type *type = find_type(type_name);
	int i, nr = type && btf_is_struct(type) ? btf_vlen(type) : 0;

	for (i = 0; i < nr; i++)
		if (is_named(btf_members(type)[i].name_off, name))
			return true;
	return false;
}

int kernel_btf_enum(const char *type_name, const char *name,
		    unsigned long long *value)
{
	const struct btf_type *type = find_type(type_name);
	int i, nr;

	if (!type || !(btf_is_enum(type) || btf_is_enum64(type)))
		return -ENOENT;
	nr = btf_vlen(type);
	for (i = 0; i < nr; i++) {
		if (btf_is_enum64(type)) {
			if (!is_named(btf_enum64(type)[i].name_off, name))
				continue;
			*value = btf_enum64_value(&btf_enum64(type)[i]);
		} else {
			if (!is_named(btf_enum(type)[i].name_off, name))
				continue;
			*value = (__u32)btf_enum(type)[i].val;
		}
		return 0;
	}
	return -ENOENT;
}

bool kernel_btf_function(const char *name)
{
	const struct btf *btf = kernel_btf();

	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* One pass over all types that a scheduler may ask for. */
void kernel_btf_prepare(void)
{
	const struct btf *btf = kernel_btf();
	int id, i = 0, nr = btf ? (int)btf__type_cnt(btf) : 0;

	for (id = 1; id < nr; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (strncmp(name, "scx_", 4) && strncmp(name, "sched_ext_", 10))
			continue;
		if (btf_is_struct(type) || btf_is_any_enum(type))
			remember(i++, name, type);
	}
}
