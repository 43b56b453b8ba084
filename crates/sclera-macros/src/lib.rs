//! The attribute behind `sclera::requires`, which documents it. Nothing here is used but through that crate.

#![forbid(unsafe_code)]

mod requires;

use proc_macro::TokenStream;

/// Makes a function refuse callers that do not hold privileges: the Requires keyword (`authorization.md` section 13).
///
/// The documentation of the module `sclera::requires` has the forms and examples.
#[proc_macro_attribute]
pub fn requires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    requires::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
