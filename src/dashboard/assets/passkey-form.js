/* Asks a device for a passkey before its form is sent; the form is hidden where browsers have no passkeys. */
(() => {
  class PasskeyForm extends HTMLElement {
    connectedCallback() {
      if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
      this.hidden = false;
      const form = this.querySelector("form");
      form.addEventListener("submit", (event) => {
        if (form.querySelector("[data-answer]").value !== "") return;
        event.preventDefault();
        event.stopPropagation();
        void this.ask(form);
      });
    }

    async ask(form) {
      const fault = this.querySelector("[role=alert]");
      fault.hidden = true;
      try {
        const options = JSON.parse(this.dataset.options);
        const credential =
          this.dataset.passkey === "create"
            ? await navigator.credentials.create({
                publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
              })
            : await navigator.credentials.get({
                publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
              });
        form.querySelector("[data-answer]").value = JSON.stringify(credential.toJSON());
        form.requestSubmit();
      } catch (error) {
        fault.hidden = false;
        fault.textContent =
          error.name === "InvalidStateError"
            ? "This device has a passkey for this account already."
            : "The device gave no passkey. Try again.";
      }
    }
  }

  customElements.define("passkey-form", PasskeyForm);
})();
