// What Bun makes of an import of a .wasm file "as file": its path, on disk or inside the compiled program.

declare module "*.wasm" {
  const path: string;
  export default path;
}
