// SPDX-License-Identifier: GPL-2.0-only
/*
 * preloaded - a BPF object that is loaded once. See preloaded.h.
 */
#include <stdlib.h>
#include <string.h>

#include "preloaded.h"

/* A map of global variables, and its content at the load. */
struct globals {
	struct bpf_map_skeleton *map;
	size_t size;
	void *initial; /* NULL: zeroes */
};

#define MAX_GLOBALS 16
#define MAX_KEY 64
#define MAX_VALUE 64

static struct {
	const char *name;
	void *skel;
	struct bpf_object_skeleton *skeleton;
	struct globals globals[MAX_GLOBALS];
	int nr_globals;
} object;

static struct bpf_map_skeleton *
map_of(const struct bpf_object_skeleton *skeleton, int i)
{
	return (void *)skeleton->maps + i * skeleton->map_skel_sz;
}

static bool is_zeroes(const struct bpf_map_skeleton *map)
{
	return strstr(map->name, "bss");
}

/* Constants do not change; a map that is not mapped has no variables. */
static bool keep_globals(struct bpf_object_skeleton *skeleton)
{
	int i;

	for (i = 0; i < skeleton->map_cnt; i++) {
		struct bpf_map_skeleton *map = map_of(skeleton, i);
		struct globals *globals = &object.globals[object.nr_globals];

		if (!map->mmaped || strstr(map->name, "rodata"))
			continue;
		if (object.nr_globals == MAX_GLOBALS)
			return false;
		globals->map = map;
		globals->size = bpf_map__value_size(*map->map);
		if (!is_zeroes(map)) {
			globals->initial = malloc(globals->size);
			if (!globals->initial)
				return false;
			memcpy(globals->initial, *map->mmaped, globals->size);
		}
		object.nr_globals++;
	}
	return true;
}

/* Tasks, cgroups and inodes may keep what is in other maps. */
static bool can_reset(const struct bpf_map_skeleton *map)
{
	if (!bpf_map__autocreate(*map->map))
		return true;
	switch (bpf_map__type(*map->map)) {
	case BPF_MAP_TYPE_ARRAY:
		return map->mmaped;
	case BPF_MAP_TYPE_HASH:
		return bpf_map__key_size(*map->map) <= MAX_KEY;
	case BPF_MAP_TYPE_QUEUE:
		return bpf_map__value_size(*map->map) <= MAX_VALUE;
	case BPF_MAP_TYPE_STRUCT_OPS:
		return true;
	default:
		return false;
	}
}

static bool can_reset_all(const struct bpf_object_skeleton *skeleton)
{
	int i;

	for (i = 0; i < skeleton->map_cnt; i++)
		if (!can_reset(map_of(skeleton, i)))
			return false;
	return true;
}

void preload(const char *name, void *skel, struct bpf_object_skeleton *skeleton)
{
	if (!can_reset_all(skeleton) || bpf_object__load_skeleton(skeleton) ||
	    !keep_globals(skeleton))
		return;
	object.name = name;
	object.skel = skel;
	object.skeleton = skeleton;
}

static void empty_hash(struct bpf_map *map)
{
	size_t size = bpf_map__key_size(map);
	char key[MAX_KEY];

	while (!bpf_map__get_next_key(map, NULL, key, size))
		if (bpf_map__delete_elem(map, key, size, 0))
			return;
}

static void empty_queue(struct bpf_map *map)
{
	char value[MAX_VALUE];

	while (!bpf_map__lookup_and_delete_elem(map, NULL, 0, value,
						bpf_map__value_size(map), 0))
		;
}

static void empty(struct bpf_map *map)
{
	if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
		empty_hash(map);
	else if (bpf_map__type(map) == BPF_MAP_TYPE_QUEUE)
		empty_queue(map);
}

static void reset(void)
{
	int i;

	for (i = 0; i < object.nr_globals; i++) {
		struct globals *globals = &object.globals[i];
		void *memory = *globals->map->mmaped;

		if (globals->initial)
			memcpy(memory, globals->initial, globals->size);
		else
			memset(memory, 0, globals->size);
	}
	for (i = 0; i < object.skeleton->map_cnt; i++)
		empty(*map_of(object.skeleton, i)->map);
}

void *preloaded(const char *name)
{
	if (!object.name || strcmp(object.name, name))
		return NULL;
	reset();
	return object.skel;
}

bool is_preloaded(const struct bpf_object_skeleton *skeleton)
{
	return object.skeleton && object.skeleton == skeleton;
}
