// Nominal types over primitives: two numbers that must not be mixed are two types.

declare const brand: unique symbol;

export type Brand<Primitive, Name extends string> = Primitive & { readonly [brand]: Name };
