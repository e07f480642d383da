/** The engine's `WebAssembly`, as much of it as is used here: the types that this package is checked with know no browser's globals. */

/** A compiled module. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string
}

/** A module's memory; `buffer` is another one after it has grown. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

interface Engine {
  readonly Module: {
    new (bytes: Uint8Array<ArrayBuffer>): WasmModule
    imports(module: WasmModule): ReadonlyArray<{ readonly module: string; readonly name: string }>
    exports(module: WasmModule): ReadonlyArray<{ readonly name: string; readonly kind: string }>
  }
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, never>
  ) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly Memory: { [Symbol.hasInstance](value: unknown): value is WasmMemory }
}

/** Every JavaScript engine that runs Node has it. */
export const webAssembly = Reflect.get(globalThis, "WebAssembly") as Engine
