//! Functions that exist rounding down and rounding up, with the same arguments.

use std::collections::BTreeSet;
use syn::{
    FnArg, ImplItemFn, ItemFn, Signature,
    spanned::Spanned,
    visit::{self, Visit},
};

const ENDINGS: [(&str, &str); 2] = [("_floor", "_ceil"), ("_ceil", "_floor")];

/// Every function of the sources, by name, kind and what it takes and gives.
#[derive(Default)]
pub(crate) struct Pairs {
    functions: BTreeSet<Function>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Function {
    name: String,
    is_method: bool,
    types: String,
}

impl Pairs {
    /// Takes in a source.
    pub(crate) fn read(&mut self, source: &str) -> syn::Result<()> {
        Reader { source, functions: &mut self.functions }.visit_file(&syn::parse_file(source)?);
        Ok(())
    }

    /// The name of the function that rounds the other way.
    pub(crate) fn counterpart(&self, name: &str, is_method: bool) -> Option<String> {
        let (stem, other) =
            ENDINGS.iter().find_map(|(ending, other)| Some((name.strip_suffix(ending)?, other)))?;
        let other = format!("{stem}{other}");
        let named = |name: &str| {
            let name = name.to_owned();
            move |function: &&Function| function.name == name && function.is_method == is_method
        };
        let types: BTreeSet<_> =
            self.functions.iter().filter(named(name)).map(|found| &found.types).collect();
        let fits = self.functions.iter().filter(named(&other)).any(|found| types.contains(&found.types));
        fits.then_some(other)
    }
}

struct Reader<'a> {
    source: &'a str,
    functions: &'a mut BTreeSet<Function>,
}

impl Reader<'_> {
    fn add(&mut self, signature: &Signature) {
        let part = |span: proc_macro2::Span| {
            self.source[span.byte_range()].split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let inputs = signature.inputs.iter().map(|input| match input {
            FnArg::Receiver(receiver) => part(receiver.span()),
            FnArg::Typed(typed) => part(typed.ty.span()),
        });
        let types = inputs.chain([part(signature.output.span())]).collect::<Vec<_>>().join(", ");
        let (name, is_method) = (signature.ident.to_string(), signature.receiver().is_some());
        self.functions.insert(Function { name, is_method, types });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add(&item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig);
        visit::visit_impl_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_alike_are_counterparts() -> syn::Result<()> {
        let mut pairs = Pairs::default();
        pairs.read("fn a_floor(x: u8) -> u8 { x } fn a_ceil(y: u8) -> u8 { y }")?;
        pairs.read("fn b_floor(x: u8) -> u8 { x } fn b_ceil(x: u16) -> u8 { 0 } fn c_ceil() {}")?;
        pairs.read("struct S; impl S { fn c_floor() {} fn d_floor(&self) {} fn d_ceil(&self) {} }")?;
        assert_eq!(pairs.counterpart("a_floor", false).as_deref(), Some("a_ceil"));
        assert_eq!(pairs.counterpart("a_ceil", false).as_deref(), Some("a_floor"));
        assert_eq!(pairs.counterpart("a_ceil", true), None);
        assert_eq!(pairs.counterpart("b_floor", false), None);
        assert_eq!(pairs.counterpart("c_floor", false).as_deref(), Some("c_ceil"));
        assert_eq!(pairs.counterpart("d_ceil", true).as_deref(), Some("d_floor"));
        assert_eq!(pairs.counterpart("e", false), None);
        Ok(())
    }
}
