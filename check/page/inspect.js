// SPDX-License-Identifier: GPL-2.0-only
//
// inspect - functions that read the matrix's page as a user sees it: from the visible
// elements, not from the classes and ids that hide or show them.

globalThis.inspect = (() => {
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];
	const isShown = element => element.checkVisibility() && element.getClientRects().length > 0;
	// The page begins with the tables of fixes.
	const ofFixes = element => Boolean(element.closest('section'));
	const heads = () => all('th', document.querySelector('thead')).slice(1);
	const rows = () => all('tbody tr').filter(row => row.cells.length > 1 && !ofFixes(row));
	const fixRows = () => all('tbody tr').filter(row => ofFixes(row) && row.querySelector('a'));
	const linked = () => document.getElementById(location.hash.slice(1));

	const kernels = () => heads().filter(isShown).map(head => head.innerText);

	// The results of a row in these columns.
	const results = (row, columns) => columns
		.map(i => row.cells[i + 1])
		.map(cell => (cell.querySelector('a') || cell).getAttribute('aria-label'))
		.filter(word => word != 'kernel lost');

	const fails = words => words.includes('failed');
	const differs = words => new Set(words).size > 1;

	// Whether a row is not folded: it fails or differs, or the others were unfolded.
	const isUnfolded = row => {
		const words = results(row, [...heads().keys()]);

		return fails(words) || differs(words) || row.closest('details').open;
	};

	// Whether the visible rows are the wanted ones, and each visible program has rows.
	const rowsAre = wanted => {
		const columns = [...heads().keys()].filter(i => isShown(heads()[i]));

		return rows().every(row => isShown(row) ==
				(isUnfolded(row) && wanted(results(row, columns)))) &&
			all('tbody').filter(program => !ofFixes(program)).every(program =>
				isShown(program.rows[0]) == [...program.rows].slice(1).some(isShown)) &&
			document.querySelector('#nothing').offsetHeight > 0 == !rows().some(isShown);
	};

	// Whether the rows begin with those that fail.
	const failuresComeFirst = () => {
		const failing = rows().filter(isShown).map(row =>
			fails(results(row, [...heads().keys()])));

		return failing.includes(true) && failing.includes(false) &&
			!failing.slice(failing.indexOf(false)).includes(true);
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
			['no result', 'lost', 'present', 'missing', 'cannot tell', 'missing, not needed', 'not affected',
				'claimed, not claimed', 'drawing of a failure', 'only failures', 'only changes']
				.every(word => meant.some(term => term.endsWith(word)));
	};

	// What a fix's row says of a kernel: "missing", "missing claimed".
	const fixState = (title, kernel) => {
		const row = fixRows().find(one => one.innerText.includes(title));
		const cell = row && row.cells[heads().findIndex(head => head.innerText == kernel) + 1];

		return cell && isShown(cell) ? [(cell.firstElementChild || cell).getAttribute('aria-label'),
			cell.querySelector('small')?.innerText].filter(Boolean).join(' ') : '';
	};

	// The first number of each column: the fixes that are missing.
	const missingCounts = () => [...all('tbody tr').find(row => ofFixes(row)).cells].slice(1)
		.filter(isShown).map(cell => cell.innerText);

	// Whether the fixes with different states on the visible kernels are the visible ones.
	const fixesDiffer = () => fixRows().filter(row => isShown(row)).every(row =>
		new Set(kernels().map(kernel => fixState(row.querySelector('.fix').innerText, kernel)
			.split(' ')[0])).size > 1);

	// ---- The drawing of a failure, which is in the shown explanation. ----

	const image = () => all('[role=img]').find(isShown);
	const boxOf = element => element.getBoundingClientRect();
	const overlap = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 &&
		one.top < other.bottom - 3 && other.top < one.bottom - 3;
	const contains = (outer, inner) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1 &&
		inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
	const labelled = text => all('text', image()).find(one => one.textContent.includes(text));

	// Whether all of its text can be read: nothing is cut off, and nothing covers another.
	const drawingIsLegible = () => [image(), image().previousElementSibling].every(svg => {
		const boxes = all('text', svg).map(boxOf);

		return boxes.length > 3 && boxes.every((box, i) => contains(boxOf(svg), box) &&
			parseFloat(getComputedStyle(svg).fontSize) >= 11 &&
			!boxes.slice(i + 1).some(other => overlap(box, other)));
	});

	const laneNames = () => all('text', image().previousElementSibling)
		.map(text => [text.firstChild.data, ...all('tspan', text).map(part => part.textContent)].join(' '));

	// Whether the times on its axis increase from left to right.
	const timeRunsRight = () => {
		const ticks = all('.tick', image()).map(tick => [boxOf(tick).x, parseFloat(tick.textContent)]);

		return ticks.length > 3 && ticks.slice(1).every((tick, i) =>
			tick[0] > ticks[i][0] && tick[1] > ticks[i][1]);
	};

	// Whether a line joins the two events with this letter.
	const lineJoins = letter => {
		const ends = all('text', image()).filter(text => text.textContent == letter).map(boxOf)
			.map(box => [box.x + box.width / 2, box.y + box.height / 2]);
		const isNear = (point, path, [x, y]) => {
			const on = point.matrixTransform(path.getScreenCTM());

			return Math.hypot(on.x - x, on.y - y) < 6;
		};

		return ends.length == 2 && all('path', image()).some(path =>
			isNear(path.getPointAtLength(0), path, ends[0]) &&
			isNear(path.getPointAtLength(path.getTotalLength()), path, ends[1]));
	};

	// Whether a bar extends between the events with these labels.
	const barIsBetween = (from, to) => all('rect', image()).some(bar =>
		Math.abs(boxOf(bar).left - boxOf(labelled(from)).left) < 8 &&
		Math.abs(boxOf(bar).right - boxOf(labelled(to)).left) < 8);

	// Whether all shapes differ from the background, except the letters in circles.
	const drawingHasContrast = () => all('line, path, circle, rect, text', image())
		.filter(shape => !/^[A-Z]$/.test(shape.textContent))
		.every(shape => {
			const style = getComputedStyle(shape);

			return [style.fill, style.stroke].some(colour => colour != 'none' &&
				colour != getComputedStyle(image().parentElement).backgroundColor);
		});

	const description = () => document.getElementById(
		image().getAttribute('aria-labelledby').split(' ')[1]).textContent;

	return { all, isShown, rows, linked, kernels, rowsAre, counts, partsAreWhole,
		cellIsMarked, legendIsWhole, failuresComeFirst, fails, differs,
		fixState, missingCounts, fixesDiffer,
		image, laneNames, drawingIsLegible, timeRunsRight, lineJoins, barIsBetween,
		drawingHasContrast, description };
})();
