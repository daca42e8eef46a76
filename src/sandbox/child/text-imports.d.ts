declare module "*/guest.js" {
  const text: string;
  export default text;
}

declare module "*/repeatable.js" {
  const text: string;
  export default text;
}

declare module "@jitl/quickjs-wasmfile-release-sync/wasm" {
  const path: string;
  export default path;
}
