//! Rules about Rust code, checked on its syntax tree, so that comments, strings and types cannot be mistaken for code.

use super::{Finding, Rule, Source};
use proc_macro2::Span;
use syn::{
    Attribute, BinOp, Block, Expr, ExprBinary, ExprCast, ExprMethodCall, Ident, ImplItemFn, Item, ItemFn,
    Macro, Signature, Token, TraitItemFn, Type,
    punctuated::Punctuated,
    spanned::Spanned,
    visit::{self, Visit},
};

const MAX_FUNCTION_LINES: usize = 70;

/// In these folders amounts only pass through: whatever must be computed belongs into the risk crate.
const NO_ARITHMETIC: &str = "programs/bulkhead/src/instructions";

const NUMBERS: &[&str] =
    &["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];

pub(super) fn check(source: &Source, findings: &mut Vec<Finding>) {
    let mut visitor = Visitor {
        file: &source.path,
        on_chain: source.is_on_chain(),
        no_arithmetic: source.path.starts_with(NO_ARITHMETIC) && !source.is_test(),
        in_test: false,
        findings,
    };
    match syn::parse_file(&source.text) {
        Ok(file) => visitor.visit_file(&file),
        Err(error) => visitor.add(error.span(), Rule::Unparsed, format!("does not parse: {error}")),
    }
}

struct Visitor<'a> {
    file: &'a str,
    on_chain: bool,
    no_arithmetic: bool,
    /// Inside of an item that is compiled for tests only.
    in_test: bool,
    findings: &'a mut Vec<Finding>,
}

impl Visitor<'_> {
    fn add(&mut self, at: Span, rule: Rule, message: String) {
        self.findings.push(Finding { file: self.file.to_owned(), line: at.start().line, rule, message });
    }

    fn guards_chain(&self) -> bool {
        self.on_chain && !self.in_test
    }

    fn function(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let lines = body.span().end().line + 1 - signature.span().start().line;
        if lines > MAX_FUNCTION_LINES {
            let message = format!(
                "fn {} has {lines} lines, and {MAX_FUNCTION_LINES} are allowed: split it",
                signature.ident
            );
            self.add(signature.span(), Rule::FunctionLength, message);
        }
        if let Some(ignore) = attributes.iter().find(|attribute| attribute.path().is_ident("ignore")) {
            self.add(ignore.span(), Rule::IgnoredTest, "ignored tests rot: mend it or delete it".into());
        }
    }

    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outer = self.in_test;
        self.in_test |= attributes.iter().any(is_test_only);
        visit(self);
        self.in_test = outer;
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.within(attributes, |visitor| visit::visit_item(visitor, item));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
        self.within(&item.attrs, |visitor| visit::visit_impl_item_fn(visitor, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.attrs, &item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.guards_chain() && (call.method == "unwrap" || call.method == "expect") {
            self.add(call.method.span(), Rule::Unwrap, format!(".{}() panics: return an error", call.method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_ident(&mut self, ident: &'ast Ident) {
        let name = ident.to_string();
        if self.guards_chain() && (name.starts_with("saturating_") || name.starts_with("wrapping_")) {
            self.add(
                ident.span(),
                Rule::Lenient,
                format!("{name} hides an overflow: use checked arithmetic"),
            );
        }
    }

    fn visit_expr_cast(&mut self, cast: &'ast ExprCast) {
        if let (true, Type::Path(ty)) = (self.guards_chain(), &*cast.ty)
            && let Some(name) = ty.path.get_ident().map(Ident::to_string)
            && NUMBERS.contains(&name.as_str())
        {
            let message = format!("`as {name}` may cut off: use From or TryFrom");
            self.add(cast.as_token.span(), Rule::Cast, message);
        }
        visit::visit_expr_cast(self, cast);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if self.no_arithmetic && !self.in_test && is_arithmetic(&binary.op) {
            let message = "arithmetic in an instruction: it belongs into the risk crate".into();
            self.add(binary.op.span(), Rule::Operator, message);
        }
        visit::visit_expr_binary(self, binary);
    }

    /// Looks into macros whose arguments are expressions, such as `require!`, `emit!` and `msg!`.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        for argument in arguments.iter().flatten() {
            // The parsed arguments live only here, so a visitor of their lifetime looks at them.
            Visitor {
                file: self.file,
                on_chain: self.on_chain,
                no_arithmetic: self.no_arithmetic,
                in_test: self.in_test,
                findings: self.findings,
            }
            .visit_expr(argument);
        }
    }
}

fn is_test_only(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<Ident>().is_ok_and(|condition| condition == "test")
}

fn is_arithmetic(operator: &BinOp) -> bool {
    use BinOp::{
        Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Shl, ShlAssign, Shr, ShrAssign, Sub,
        SubAssign,
    };
    matches!(operator, Add(_) | Sub(_) | Mul(_) | Div(_) | Rem(_) | Shl(_) | Shr(_))
        || matches!(operator, AddAssign(_) | SubAssign(_) | MulAssign(_) | DivAssign(_) | RemAssign(_))
        || matches!(operator, ShlAssign(_) | ShrAssign(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, Rule)> {
        let mut findings = Vec::new();
        check(&Source { path: path.into(), text: text.into() }, &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    const RISK: &str = "crates/risk/src/a.rs";
    const INSTRUCTION: &str = "programs/bulkhead/src/instructions/a.rs";

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let function =
            |lines: usize| format!("/// Doc.\n#[inline]\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
        assert_eq!(found("a.rs", &function(70)), []);
        assert_eq!(found("a.rs", &function(71)), [(3, Rule::FunctionLength)]);
        let method = format!("impl A {{\n{}\n}}", function(71));
        assert_eq!(found("a.rs", &method), [(4, Rule::FunctionLength)]);
    }

    #[test]
    fn panics_and_lenient_arithmetic_are_found_on_chain_only() {
        let code = "fn f(x: u64) -> u64 {\n a.unwrap();\n b.expect(\"b\");\n x.saturating_sub(1);\n u64::wrapping_add(x, 1)\n}";
        let expected = [(2, Rule::Unwrap), (3, Rule::Unwrap), (4, Rule::Lenient), (5, Rule::Lenient)];
        assert_eq!(found(RISK, code), expected);
        assert_eq!(found("crates/lab/src/a.rs", code), []);
        assert_eq!(found("crates/risk/tests/a.rs", code), []);
    }

    #[test]
    fn casts_to_numbers_are_found_and_others_are_not() {
        assert_eq!(
            found(RISK, "fn f() {\n let a = x as u64;\n let b = x as *const u8;\n}"),
            [(2, Rule::Cast)]
        );
        assert_eq!(found(RISK, "use a as b;\n// x as u64\nconst S: &str = \"x as u64\";"), []);
    }

    #[test]
    fn test_modules_on_chain_are_free() {
        let code = "#[cfg(test)]\nmod tests {\n fn f() { a.unwrap(); x as u64; }\n}\nfn g() { a.unwrap() }";
        assert_eq!(found(RISK, code), [(5, Rule::Unwrap)]);
    }

    #[test]
    fn arithmetic_is_found_in_instructions_and_their_macros() {
        let code = "fn f(x: &mut u64) {\n *x += 1;\n let y = a + b;\n require!(a * 2 > b, Error::Small);\n}";
        let expected = [(2, Rule::Operator), (3, Rule::Operator), (4, Rule::Operator)];
        assert_eq!(found(INSTRUCTION, code), expected);
        assert_eq!(found("programs/bulkhead/src/state/market.rs", code), []);
    }

    #[test]
    fn what_only_looks_like_arithmetic_is_not_found() {
        let code = "//! a + b\nfn f<'a, T: A + B>(x: &'a T) -> Box<dyn A + 'a> {\n let y = *x;\n if a >= b && c == -1 {}\n \
                    msg!(\"a - b / c\");\n}\n#[derive(Accounts)]\nstruct S<'info> {\n #[account(init, space = 8 + 1)]\n \
                    a: Account<'info, T>,\n}";
        assert_eq!(found(INSTRUCTION, code), []);
    }

    #[test]
    fn ignored_tests_are_found() {
        assert_eq!(found("tests/a.rs", "#[test]\n#[ignore]\nfn f() {}"), [(2, Rule::IgnoredTest)]);
    }

    #[test]
    fn code_that_does_not_parse_is_found() {
        assert_eq!(found("a.rs", "fn f( {"), [(1, Rule::Unparsed)]);
    }
}
