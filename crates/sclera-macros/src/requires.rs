//! What the attribute makes of functions, traits and implementations.
//!
//! ```text
//! fn book(session: &S, ..) -> Result<..> { body }      becomes   fn book(..) { demand(&session, ..)?; body }
//!
//! trait Ledger { fn book(..) -> Result<..>; }          becomes   trait Ledger {
//!                                                                    fn book(..) { demand(..)?; Self::__guarded_book(..) }
//!                                                                    fn __guarded_book(..) -> Result<..>;
//!                                                                }
//! impl Ledger for Branch { fn book(..) { body } }      becomes   impl Ledger for Branch { fn __guarded_book(..) { body } }
//! ```
//!
//! An implementation fills in what runs behind the demand and never the demand itself, so it can add requirements and
//! cannot take one away (`authorization.md` REQ-5). One that lacks the attribute does not compile: it lacks [`MARK`].

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use sclera_core::permission::Permissions;
use sclera_core::privilege::{Pair, Requirement};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Block, Expr, FnArg, GenericParam, ImplItem, Item, ItemFn, ItemImpl, ItemTrait, LitStr, Pat,
    Result, ReturnType, Signature, Token, TraitItem, TraitItemFn, parse_quote, parse2,
};

/// The item that only the attribute puts into an implementation; the compiler names it where it is missing.
const MARK: &str = "__write_requires_above_this_implementation";

/// How the parameter that says who calls may be named, the first choice first; underscores before it do not matter.
const CALLERS: [&str; 2] = ["session", "caller"];

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if let Ok(declaration) = parse2::<TraitItemFn>(item.clone())
        && declaration.default.is_none()
    {
        let message = "a requirement in a trait needs `#[requires]` above the whole trait";
        return Err(syn::Error::new(declaration.sig.span(), message));
    }
    match parse2::<Item>(item)? {
        Item::Fn(function) => guarded_function(&parse2(attribute)?, function),
        Item::Trait(definition) => {
            no_value(&attribute)?;
            guarded_trait(definition)
        }
        Item::Impl(implementation) => {
            no_value(&attribute)?;
            guarded_implementation(implementation)
        }
        other => Err(syn::Error::new(
            other.span(),
            "`requires` stands above a function, a method, a trait or an implementation of a trait",
        )),
    }
}

fn no_value(attribute: &TokenStream) -> Result<()> {
    if attribute.is_empty() {
        return Ok(());
    }
    let message = "write what is required above each method; above the whole stands `#[requires]` alone";
    Err(syn::Error::new(attribute.span(), message))
}

/// The value of the attribute: `"%DB_SALES:RW"`, and perhaps `by = self.session`.
struct Demand {
    value: LitStr,
    requirement: Requirement,
    by: Option<Expr>,
}

impl Parse for Demand {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(input.error("say what is required, as in `#[requires(\"%DB_SALES:RW\")]`"));
        }
        let value: LitStr = input.parse()?;
        let by = if input.peek(Token![,]) && !input.peek2(syn::parse::End) {
            input.parse::<Token![,]>()?;
            let word: Ident = input.parse()?;
            if word != "by" {
                return Err(syn::Error::new(word.span(), "expected `by = ` and who calls"));
            }
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("expected nothing more"));
        }
        // The one parser of requirements, so that what compiles here is what the model reads (REQ-7).
        let requirement = Requirement::parse(&value.value())
            .map_err(|refused| syn::Error::new(value.span(), refused.to_string()))?;
        Ok(Self { value, requirement, by })
    }
}

impl Demand {
    /// The statement that lets only callers pass that hold what is required.
    fn statement(&self, signature: &Signature) -> Result<TokenStream> {
        if let Some(constness) = &signature.constness {
            return Err(syn::Error::new(
                constness.span(),
                "a function that checks its caller is not `const`",
            ));
        }
        if matches!(signature.output, ReturnType::Default) {
            let message = "a function that may refuse its caller returns a `Result` whose error is made from `sclera::Protect`";
            return Err(syn::Error::new(signature.ident.span(), message));
        }
        let caller = self.caller(signature)?;
        let pairs = self.requirement.pairs().iter().map(pair);
        let name = signature.ident.to_string();
        Ok(quote_spanned! { self.value.span() =>
            #[allow(clippy::used_underscore_binding, reason = "the body may have no use for who calls")]
            {
                static REQUIREMENT: ::sclera::requires::Prepared = ::sclera::requires::Prepared::new(
                    || ::sclera::requires::Requirement::of([#(#pairs),*])
                );
                ::sclera::requires::demand(&#caller, ::core::concat!(::core::module_path!(), "::", #name), &REQUIREMENT)?;
            }
        })
    }

    /// Who calls: what `by` says, else the parameter of that name, else the object itself.
    fn caller(&self, signature: &Signature) -> Result<TokenStream> {
        if let Some(by) = &self.by {
            return Ok(quote!(#by));
        }
        let named = |wanted: &&str| {
            let is_meant = |name: &&Ident| name.to_string().trim_start_matches('_') == *wanted;
            signature.inputs.iter().filter_map(simple).find(is_meant)
        };
        if let Some(parameter) = CALLERS.iter().find_map(named) {
            return Ok(quote!(#parameter));
        }
        if let Some(receiver) = signature.receiver() {
            let itself = receiver.self_token;
            return Ok(quote!(#itself));
        }
        let message = "who calls? Name a parameter `session` or `caller`, or say it with `by = ...`";
        Err(syn::Error::new(signature.ident.span(), message))
    }
}

/// A pair of the requirement, spelled out.
fn pair(pair: &Pair) -> TokenStream {
    let words = [
        (Permissions::READ, quote!(READ)),
        (Permissions::WRITE, quote!(WRITE)),
        (Permissions::USE, quote!(USE)),
    ];
    let held = words.iter().filter(|(one, _)| pair.permissions.holds(*one)).map(|(_, word)| word);
    let resource = &pair.resource;
    quote!((#resource, #(::sclera::Permissions::#held)|*))
}

/// The name of a parameter that is no pattern.
fn simple(argument: &FnArg) -> Option<&Ident> {
    match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(name) if name.subpat.is_none() => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    }
}

fn guarded_function(demand: &Demand, mut function: ItemFn) -> Result<TokenStream> {
    let statement = demand.statement(&function.sig)?;
    // In the default body of a trait's method the type `Self` may have no size. There the demand would vanish with the
    // first implementation that brings its own body, so it must not compile.
    let place = function.sig.receiver().map(|_| {
        quote_spanned!(demand.value.span() => ::sclera::requires::needs_requires_above_the_trait::<Self>();)
    });
    *function.block = behind(&quote!(#place #statement), &function.block);
    Ok(quote!(#function))
}

fn behind(first: &TokenStream, body: &Block) -> Block {
    let statements = &body.stmts;
    parse_quote!({ #first #(#statements)* })
}

fn guarded_trait(mut definition: ItemTrait) -> Result<TokenStream> {
    let mut hidden = Vec::new();
    for item in &mut definition.items {
        if let TraitItem::Fn(method) = item {
            hidden.push(TraitItem::Fn(hide(method)?));
        }
    }
    definition.items.append(&mut hidden);
    let mark = internal(MARK);
    definition.items.push(parse_quote! {
        #[doc(hidden)]
        fn #mark()
        where
            Self: Sized;
    });
    Ok(quote!(#definition))
}

/// Moves what runs into a method of another name and leaves the demand, so that nobody comes past it.
fn hide(method: &mut TraitItemFn) -> Result<TraitItemFn> {
    if let Some(constness) = &method.sig.constness {
        return Err(syn::Error::new(constness.span(), "a method behind a requirement is not `const`"));
    }
    if !matches!(method.sig.safety, syn::Safety::Default) || method.sig.abi.is_some() {
        let message = "a method behind a requirement is neither `unsafe` nor `extern`";
        return Err(syn::Error::new(method.sig.span(), message));
    }
    let statement = take(&mut method.attrs)?.map(|demand| demand.statement(&method.sig)).transpose()?;
    let mut hidden = method.clone();
    hidden.sig.ident = guarded(&method.sig.ident);
    hidden.attrs.retain(|attribute| !is_about_callers(attribute));
    hidden.attrs.push(parse_quote!(#[doc(hidden)]));
    let arguments = plain_arguments(&mut method.sig);
    let types = turbofish(&method.sig);
    let waited = method.sig.asyncness.map(|_| quote!(.await));
    let name = &hidden.sig.ident;
    method.default = Some(parse_quote!({ #statement Self::#name #types (#(#arguments),*) #waited }));
    method.semi_token = None;
    method.attrs.push(parse_quote!(#[allow(
        clippy::used_underscore_binding,
        reason = "what a default body has no use for is handed on"
    )]));
    Ok(hidden)
}

/// What callers see stays with the name that they call; the rest, such as `#[cfg]`, belongs to both.
fn is_about_callers(attribute: &Attribute) -> bool {
    ["doc", "must_use", "deprecated", "inline"].iter().any(|name| attribute.path().is_ident(name))
}

/// Gives every parameter a name, and returns them all.
fn plain_arguments(signature: &mut Signature) -> Vec<TokenStream> {
    let plain = |(position, argument): (usize, &mut FnArg)| match argument {
        FnArg::Receiver(receiver) => {
            receiver.mutability = None;
            let itself = receiver.self_token;
            quote!(#itself)
        }
        FnArg::Typed(typed) => {
            let name = match &*typed.pat {
                Pat::Ident(name) if name.subpat.is_none() => name.ident.clone(),
                _ => internal(&format!("__argument{position}")),
            };
            *typed.pat = parse_quote!(#name);
            quote!(#name)
        }
    };
    signature.inputs.iter_mut().enumerate().map(plain).collect()
}

/// The generic arguments that can be named; the others follow from the arguments of the call.
fn turbofish(signature: &Signature) -> Option<TokenStream> {
    let named: Vec<&Ident> = signature
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(one) => Some(&one.ident),
            GenericParam::Const(one) => Some(&one.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!named.is_empty()).then(|| quote!(::<#(#named),*>))
}

fn guarded_implementation(mut implementation: ItemImpl) -> Result<TokenStream> {
    if implementation.trait_.is_none() {
        let message = "write what is required above each method of a type";
        return Err(syn::Error::new(implementation.self_ty.span(), message));
    }
    for item in &mut implementation.items {
        if let ImplItem::Fn(method) = item {
            if let Some(demand) = take(&mut method.attrs)? {
                method.block = behind(&demand.statement(&method.sig)?, &method.block);
            }
            method.sig.ident = guarded(&method.sig.ident);
        }
    }
    let mark = internal(MARK);
    implementation.items.push(parse_quote!(fn #mark() {}));
    Ok(quote!(#implementation))
}

/// Takes the attribute off a method inside, however its path is written.
fn take(attributes: &mut Vec<Attribute>) -> Result<Option<Demand>> {
    let is_ours = |attribute: &Attribute| {
        attribute.path().segments.last().is_some_and(|segment| segment.ident == "requires")
    };
    let mut ours = attributes.extract_if(.., |attribute| is_ours(attribute));
    let Some(first) = ours.next() else { return Ok(None) };
    if let Some(second) = ours.next() {
        return Err(syn::Error::new(second.span(), "join the requirements of a method in one value"));
    }
    first.parse_args().map(Some)
}

fn guarded(name: &Ident) -> Ident {
    internal(&format!("__guarded_{}", name.to_string().trim_start_matches("r#")))
}

fn internal(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler would say.
    fn refused(attribute: TokenStream, item: TokenStream) -> String {
        expand(attribute, item).unwrap_err().to_string()
    }

    #[test]
    fn a_value_that_cannot_be_read_says_why_as_the_model_does() {
        let function = || {
            quote!(
                fn book(session: &S) -> Result<(), Protect> {
                    Ok(())
                }
            )
        };
        for (value, message) in [
            ("A:X", "ERROR #897: Invalid permission X for resource name A."),
            ("A", "ERROR #897: Invalid permission  for resource name A."),
            ("A:", "ERROR #897: Invalid permission  for resource name A."),
            ("A:R,,B:R", "ERROR #896: Invalid resource name ."),
            (":R", "ERROR #896: Invalid resource name :R."),
        ] {
            assert_eq!(refused(quote!(#value), function()), message, "{value}");
        }
        assert!(expand(quote!("%DB_SALES: Read, %DB_MARKETING :wRITE"), function()).is_ok());
        assert!(expand(quote!(""), function()).is_ok());
    }

    #[test]
    fn what_stands_beside_the_value_is_refused() {
        let function = || {
            quote!(
                fn book(session: &S) -> Result<(), Protect> {
                    Ok(())
                }
            )
        };
        let say = "say what is required, as in `#[requires(\"%DB_SALES:RW\")]`";
        assert!(refused(quote!(), function()).ends_with(say));
        assert_eq!(refused(quote!(PRIVILEGE), function()), "expected string literal");
        assert_eq!(refused(quote!("A:R", for = x), function()), "expected identifier, found keyword `for`");
        assert_eq!(refused(quote!("A:R", who = x), function()), "expected `by = ` and who calls");
        assert_eq!(refused(quote!("A:R" "B:R"), function()), "expected nothing more");
        assert!(expand(quote!("A:R", by = session,), function()).is_ok());
        assert!(expand(quote!("A:R",), function()).is_ok());
    }

    #[test]
    fn a_function_must_be_able_to_refuse() {
        let nothing = refused(
            quote!("A:R"),
            quote!(
                fn book(session: &S) {}
            ),
        );
        assert!(nothing.contains("returns a `Result`"), "{nothing}");
        let constant = refused(
            quote!("A:R"),
            quote!(
                const fn book(session: &S) -> Result<(), E> {
                    Ok(())
                }
            ),
        );
        assert!(constant.contains("not `const`"), "{constant}");
        let nobody = refused(
            quote!("A:R"),
            quote!(
                fn book(other: &S) -> Result<(), E> {
                    Ok(())
                }
            ),
        );
        assert!(nobody.starts_with("who calls?"), "{nobody}");
    }

    #[test]
    fn requirements_of_traits_need_the_attribute_above_the_trait() {
        let declaration = refused(
            quote!("A:R"),
            quote!(
                fn book(&self) -> Result<(), E>;
            ),
        );
        assert_eq!(declaration, "a requirement in a trait needs `#[requires]` above the whole trait");
        // A default body cannot be told from a method of a type here; it fails when its types are checked.
        let body = expand(
            quote!("A:R"),
            quote!(
                fn book(&self) -> Result<(), E> {
                    Ok(())
                }
            ),
        )
        .unwrap();
        assert!(body.to_string().contains("needs_requires_above_the_trait :: < Self >"));
        for whole in [
            quote!(
                trait T {}
            ),
            quote!(impl T for X {}),
        ] {
            assert!(refused(quote!("A:R"), whole).starts_with("write what is required above each method"));
        }
        assert!(refused(quote!(), quote!(impl X {})).starts_with("write what is required above each method"));
        assert!(
            refused(
                quote!(),
                quote!(
                    struct X;
                )
            )
            .starts_with("`requires` stands above a function")
        );
    }

    #[test]
    fn methods_in_traits_are_read_with_the_same_care() {
        let of = |attribute: TokenStream| quote!(trait T { #attribute fn book(&self) -> Result<(), E>; });
        assert_eq!(
            refused(quote!(), of(quote!(#[requires("A:X")]))),
            "ERROR #897: Invalid permission X for resource name A."
        );
        let twice = refused(quote!(), of(quote!(#[requires("A:R")] #[sclera::requires("B:R")])));
        assert_eq!(twice, "join the requirements of a method in one value");
        let hazard = refused(
            quote!(),
            quote!(
                trait T {
                    extern "C" fn book(&self) -> Result<(), E>;
                }
            ),
        );
        assert!(hazard.contains("neither `unsafe` nor `extern`"), "{hazard}");
    }
}
