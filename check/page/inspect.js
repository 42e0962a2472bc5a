// SPDX-License-Identifier: GPL-2.0-only
//
// inspect - functions that read the matrix's page as a user sees it: from the visible
// elements, not from the classes and ids that hide or show them.

globalThis.inspect = (() => {
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];
	const isShown = element => element.getClientRects().length > 0;
	const heads = () => all('thead tr:last-child th').slice(1);
	const rows = () => all('tbody tr').filter(row => row.cells.length > 1);
	const linked = () => document.getElementById(location.hash.slice(1));

	const kernels = () => heads().filter(isShown).map(head => head.innerText);

	// The results of a row in these columns.
	const results = (row, columns) => columns
		.map(i => row.cells[i + 1])
		.map(cell => (cell.querySelector('a') || cell).getAttribute('aria-label'))
		.filter(word => word != 'kernel lost');

	// Whether the visible rows are the wanted ones, and each visible program has rows.
	const rowsAre = wanted => {
		const columns = [...heads().keys()].filter(i => isShown(heads()[i]));

		return rows().every(row => isShown(row) == wanted(results(row, columns))) &&
			all('tbody').every(program => isShown(program.rows[0]) ==
				[...program.rows].slice(1).some(isShown)) &&
			document.querySelector('#nothing').offsetHeight > 0 == !rows().some(isShown);
	};

	const counts = () => `${rows().filter(isShown).length} of ${rows().length} tests`;

	const texts = element => {
		const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), found = [];

		while (walk.nextNode())
			found.push(walk.currentNode);
		return found;
	};

	// Whether no line break is inside a part of a name, between two underscores.
	const partsAreWhole = names => names.flatMap(texts)
		.filter(text => /^[^ ]+$/.test(text.data.trim()))
		.every(text => {
			const range = document.createRange();

			range.selectNodeContents(text);
			return range.getClientRects().length == 1;
		});

	const isOnTop = element => {
		const box = element.getBoundingClientRect();

		return element.contains(document.elementFromPoint(box.x + box.width / 2,
			box.y + box.height / 2));
	};

	// Whether the cell of the address is visible, not covered, and the only one with an outline.
	const cellIsMarked = () => isOnTop(linked()) &&
		getComputedStyle(linked()).outlineStyle == 'solid' &&
		!all('td').some(cell => cell != linked() &&
			getComputedStyle(cell).outlineStyle == 'solid');

	const legendIsWhole = () => {
		const meant = all('#legend dt').filter(isShown).map(term => term.innerText);

		return all('td > a').every(link => meant.some(term => term.startsWith(link.innerText) &&
				term.endsWith(link.getAttribute('aria-label')))) &&
			['no result', 'lost', 'fixes that arrive', 'only failures', 'only changes']
				.every(word => meant.some(term => term.endsWith(word)));
	};

	// Whether the head shows a link to this fix in this column.
	const fixInHead = (title, column) => all('thead tr').filter(isShown)
		.flatMap(row => all('a', row.cells[column] || row))
		.some(link => link.title.includes(title) && isShown(link));

	return { all, isShown, rows, linked, kernels, rowsAre, counts, partsAreWhole,
		cellIsMarked, legendIsWhole, fixInHead,
		fails: results => results.includes('failed'),
		differs: results => new Set(results).size > 1 };
})();
