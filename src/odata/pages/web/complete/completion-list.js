/**
 * A text field with suggestions: the pattern "editable combobox with list autocomplete" of the ARIA Authoring Practices.
 * @typedef {import('./complete.js').Completion} Completion
 */
export class CompletionList {
  /** @type {Completion} */
  #completion = { from: 0, suggestions: [] };
  #selected = -1;

  /**
   * @param {HTMLInputElement} field
   * @param {HTMLElement} list
   * @param {(text: string, cursor: number) => Completion} complete
   */
  constructor(field, list, complete) {
    this.field = field;
    this.list = list;
    this.complete = complete;
    field.addEventListener('input', () => {
      this.#open();
    });
    field.addEventListener('blur', () => {
      this.close();
    });
    field.addEventListener('keydown', (event) => {
      if (this.#key(event)) event.preventDefault();
    });
    // Pressed, not clicked: the field keeps the focus.
    list.addEventListener('mousedown', (event) => {
      event.preventDefault();
      const option = /** @type {HTMLElement} */ (event.target).closest('[role=option]');
      const index = option === null ? -1 : [...list.children].indexOf(option);
      if (index >= 0) this.#accept(index);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  close() {
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.#select(-1);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was meant for the list */
  #key({ key, ctrlKey }) {
    const { length } = this.#completion.suggestions;
    if (key === ' ' && ctrlKey) {
      this.#open();
      return true;
    }
    if (!this.isOpen) {
      if (key !== 'ArrowDown') return false;
      this.#open();
      return true;
    }
    switch (key) {
      case 'ArrowDown':
        this.#select((this.#selected + 1) % length);
        return true;
      case 'ArrowUp':
        this.#select(this.#selected <= 0 ? length - 1 : this.#selected - 1);
        return true;
      case 'Escape':
        this.close();
        return true;
      case 'Tab':
        // Leaves the field as it is, and goes on.
        this.close();
        return false;
      case 'Enter':
        // Without a choice it sends the query.
        if (this.#selected < 0) return false;
        this.#accept(this.#selected);
        return true;
      default:
        return false;
    }
  }

  #open() {
    const cursor = this.field.selectionStart ?? this.field.value.length;
    this.#completion = this.complete(this.field.value, cursor);
    const { suggestions } = this.#completion;
    this.list.replaceChildren(
      ...suggestions.map(({ text, detail, description }, index) => this.#option(text, [detail, description], index)),
    );
    this.list.hidden = suggestions.length === 0;
    this.field.setAttribute('aria-expanded', String(this.isOpen));
    this.#select(-1);
  }

  /** @param {string} text @param {string[]} details @param {number} index */
  #option(text, details, index) {
    const option = document.createElement('li');
    option.id = `suggestion-${index}`;
    option.setAttribute('role', 'option');
    const detail = document.createElement('span');
    detail.className = 'detail';
    detail.textContent = ` ${details.filter((part) => part !== '').join(' · ')}`;
    option.append(text, detail);
    return option;
  }

  /** @param {number} index */
  #select(index) {
    this.#selected = index;
    for (const [at, option] of [...this.list.children].entries()) {
      option.setAttribute('aria-selected', String(at === index));
      if (at === index) option.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) this.field.removeAttribute('aria-activedescendant');
    else this.field.setAttribute('aria-activedescendant', `suggestion-${index}`);
  }

  /** @param {number} index */
  #accept(index) {
    const { from, suggestions } = this.#completion;
    const text = suggestions[index]?.text ?? '';
    const end = this.field.selectionStart ?? this.field.value.length;
    this.field.setRangeText(text, from, end, 'end');
    this.#open();
  }
}
