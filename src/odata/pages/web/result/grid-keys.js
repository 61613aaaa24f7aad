/**
 * The keyboard of a grid (ARIA Authoring Practices, "Data Grid"): one stop for Tab, arrows inside. What can have the focus
 * says `data-unit`: a cell, or what is in one.
 */
export class GridKeys {
  /** @param {HTMLTableElement} table whose units are all there, or come later */
  constructor(table) {
    this.table = table;
    table.addEventListener('keydown', (event) => {
      const unit = unitOf(event.target);
      if (unit !== undefined && this.#key(event, unit)) event.preventDefault();
    });
    table.addEventListener('focusin', ({ target }) => {
      const unit = unitOf(target);
      if (unit !== undefined) this.#hold(unit);
    });
    // Rows that come later are no stops either.
    new MutationObserver(() => this.#settle()).observe(table, { childList: true, subtree: true });
    this.#settle();
  }

  #settle() {
    for (const unit of this.#units()) if (!unit.hasAttribute('tabindex')) unit.tabIndex = -1;
    if (this.table.querySelector('[data-unit][tabindex="0"]') === null) {
      const [first] = this.#units();
      if (first !== undefined) first.tabIndex = 0;
    }
  }

  /** @param {ParentNode} [within] @returns {HTMLElement[]} */
  #units(within = this.table) {
    return [...within.querySelectorAll('[data-unit]')].filter((unit) => unit instanceof HTMLElement);
  }

  /** @param {HTMLElement} unit */
  #hold(unit) {
    for (const other of this.table.querySelectorAll('[data-unit][tabindex="0"]')) other.setAttribute('tabindex', '-1');
    unit.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} unit @returns {boolean} whether the key was for the grid */
  #key({ key, ctrlKey, altKey }, unit) {
    if (altKey) return false;
    const row = /** @type {HTMLTableRowElement} */ (unit.closest('tr'));
    const inRow = this.#units(row);
    const at = inRow.indexOf(unit);
    const column = /** @type {HTMLTableCellElement} */ (unit.closest('td,th')).cellIndex;
    switch (key) {
      case 'ArrowRight':
        return this.#go(inRow[at + 1]);
      case 'ArrowLeft':
        return this.#go(inRow[at - 1]);
      case 'ArrowDown':
        return this.#go(this.#below(row, column, 1));
      case 'ArrowUp':
        return this.#go(this.#below(row, column, -1));
      case 'Home':
        return this.#go(ctrlKey ? this.#units()[0] : inRow[0]);
      case 'End':
        return this.#go(ctrlKey ? this.#units().at(-1) : inRow.at(-1));
      case 'F2':
      case 'Enter':
        // Buttons and links take Enter themselves.
        if (!(unit instanceof HTMLTableCellElement)) return false;
        unit.dispatchEvent(new Event('edit'));
        return true;
      default:
        return false;
    }
  }

  /** @param {HTMLElement | undefined} unit */
  #go(unit) {
    unit?.focus();
    return true;
  }

  /** @param {HTMLTableRowElement} row @param {number} column @param {number} step @returns {HTMLElement | undefined} */
  #below(row, column, step) {
    const other = this.table.rows[row.rowIndex + step];
    const cell = other?.cells[Math.min(column, other.cells.length - 1)];
    if (cell === undefined) return undefined;
    return cell.dataset.unit === undefined ? this.#units(cell)[0] : cell;
  }
}

/** The unit that an event is about: what stands in a folded value or in a field of a cell is on its own. @param {EventTarget | null} target */
function unitOf(target) {
  return target instanceof HTMLElement && target.dataset.unit !== undefined ? target : undefined;
}

/** Where in a grid the focus is: a row, by its path where it has one, and a unit of it. @typedef {{ path: string | undefined, row: number, at: number }} Spot */

/** @param {HTMLTableRowElement} row */
const unitsOf = (row) => [...row.querySelectorAll('[data-unit]')].filter((unit) => unit instanceof HTMLElement);

/** @param {Element | null} focused @returns {Spot | undefined} undefined where that is in no grid */
export function spotOf(focused) {
  const row = focused?.closest('tr');
  if (!row || !(focused instanceof HTMLElement) || focused.dataset.unit === undefined) return undefined;
  return { path: row.dataset.path, row: row.rowIndex, at: unitsOf(row).indexOf(focused) };
}

/** Gives the focus to the same place of a grid that was made anew. @param {HTMLTableElement} table @param {Spot} spot */
export function focusSpot(table, { path, row, at }) {
  const rows = [...table.rows];
  const same = path === undefined ? rows[row] : rows.find((one) => one.dataset.path === path);
  if (same !== undefined) unitsOf(same)[at]?.focus();
}
