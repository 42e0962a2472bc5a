// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf_gap - two functions that the static libelf of elfutils 0.192, which Debian 13
 * has, calls and lacks. They open and close the tree of elf_getdata_rawchunk(), which
 * neither libbpf nor anything here calls: it stays as it is, empty.
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
