declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*/app.js" {
  const text: string;
  export default text;
}

declare module "*/body.js" {
  const text: string;
  export default text;
}

declare module "*/code-field.js" {
  const text: string;
  export default text;
}

declare module "*/keys.js" {
  const text: string;
  export default text;
}

declare module "*/live.js" {
  const text: string;
  export default text;
}

declare module "*/log.js" {
  const text: string;
  export default text;
}

declare module "*/passkey-form.js" {
  const text: string;
  export default text;
}

declare module "htmx.org/dist/htmx.min.js" {
  const text: string;
  export default text;
}
