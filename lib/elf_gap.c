// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf_gap - stubs for two functions that the static libelf of elfutils 0.192 (Debian 13)
 * calls but does not contain. They manage the search tree of elf_getdata_rawchunk(), which
 * neither libbpf nor this suite calls.
 */
void eu_search_tree_init(void *tree)
{
	(void)tree;
}

void eu_search_tree_fini(void *tree, void (*free_node)(void *node))
{
	(void)tree;
	(void)free_node;
}
