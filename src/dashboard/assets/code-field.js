/* Loads the code editor, which is larger than all other scripts, once a field for code comes into view. */
(() => {
  /* A custom element, so that the editor starts and ends with its field, however the page is swapped. */
  class CodeField extends HTMLElement {
    connectedCallback() {
      this.inView = new IntersectionObserver((entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        this.inView.disconnect();
        void this.edit();
      });
      this.inView.observe(this);
    }

    async edit() {
      const { attachEditor } = await import(this.dataset.src);
      if (this.isConnected) this.end = attachEditor(this.querySelector("textarea"));
    }

    disconnectedCallback() {
      this.inView.disconnect();
      this.end?.();
    }
  }

  customElements.define("code-field", CodeField);
})();
