/** What browsers call XMLHttpRequest, as far as libraries for data need it, made of `fetch`. */
class XMLHttpRequest {
  readyState = 0;
  status = 0;
  statusText = '';
  responseText = '';
  withCredentials = false;
  #headers = {};

  open(method, url) {
    Object.assign(this, { method, url, readyState: 1 });
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  getResponseHeader(name) {
    return this.answered?.headers.get(name) ?? null;
  }

  getAllResponseHeaders() {
    return [...(this.answered?.headers ?? [])].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  abort() {
    this.readyState = 0;
  }

  send(body) {
    fetch(this.url, { method: this.method, headers: this.#headers, body: body ?? undefined })
      .then(async (answer) => {
        this.answered = answer;
        this.responseText = await answer.text();
        this.response = this.responseText;
        Object.assign(this, { status: answer.status, statusText: answer.statusText, readyState: 4 });
        this.onreadystatechange?.({ target: this });
        this.onload?.({ target: this });
      })
      .catch((error) => {
        this.readyState = 4;
        this.onreadystatechange?.({ target: this });
        this.onerror?.(error);
      });
  }
}

module.exports = { XMLHttpRequest };
