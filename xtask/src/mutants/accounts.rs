//! Mutants of what a struct of accounts asks of them.

use super::find::Finder;
use super::rewrite::Piece::{Source, Text};
use super::site::Kind;
use proc_macro2::Span;
use syn::{
    Attribute, Expr, Field, Ident, ItemStruct, Token, Type, Visibility,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// `mut`, `constraint = EXPR @ ERROR`, `token::mint = EXPR`, ...
struct Asked {
    name: String,
    start: Span,
    value: Option<Expr>,
    error: Option<Expr>,
}

impl Parse for Asked {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let first = Ident::parse_any(input)?;
        let (start, mut name) = (first.span(), first.to_string());
        while input.peek(Token![::]) {
            input.parse::<Token![::]>()?;
            name = format!("{name}::{}", Ident::parse_any(input)?);
        }
        let mut asked = Self { name, start, value: None, error: None };
        if input.parse::<Option<Token![=]>>()?.is_some() {
            asked.value = Some(input.parse()?);
        }
        if input.parse::<Option<Token![@]>>()?.is_some() {
            asked.error = Some(input.parse()?);
        }
        Ok(asked)
    }
}

impl Asked {
    fn span(&self) -> Span {
        let value = self.value.as_ref().map(Spanned::span);
        let end = self.error.as_ref().map(Spanned::span).or(value).unwrap_or(self.start);
        self.start.join(end).unwrap_or(self.start)
    }
}

pub(crate) fn is_accounts(item: &ItemStruct) -> bool {
    item.attrs.iter().filter(|attr| attr.path().is_ident("derive")).any(|attr| {
        let names = attr.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated);
        names.is_ok_and(|names| names.iter().any(|name| name.is_ident("Accounts")))
    })
}

impl Finder<'_> {
    pub(crate) fn accounts(&mut self, item: &ItemStruct) -> syn::Result<()> {
        let mut fields = Vec::new();
        for field in &item.fields {
            let mut all = Vec::new();
            for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("account")) {
                all.extend(asked(attr)?);
            }
            fields.push((field, all));
        }
        // Anchor creates accounts before it looks at what the others are asked: a signature is missed first.
        let is_made = |all: &[Asked]| all.iter().any(|asked| asked.name == "space");
        let first_made = fields.iter().position(|(_, all)| is_made(all)).unwrap_or_default();
        let mut signed = String::new();
        for (place, (field, all)) in fields.iter().enumerate() {
            for asked in all {
                self.account(field, asked, &signed);
            }
            if is_made(all) {
                signed.clear();
            }
            self.signer(field, (place < first_made).then_some(&mut signed));
        }
        Ok(())
    }

    fn account(&mut self, field: &Field, asked: &Asked, signed: &str) {
        let Some(value) = &asked.value else { return };
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let (range, whole) = (self.range(value.span()), asked.span());
        let (kind, actual) = match asked.name.as_str() {
            "constraint" => {
                let on = self.site(Kind::Constraint, whole);
                self.edit(range.clone(), vec![Text(format!("({on} || (")), Source(range), Text("))".into())]);
                return self.expression(value);
            }
            "space" => {
                let before = Text(format!("{{ {signed}"));
                return self.edit(range.clone(), vec![before, Source(range), Text(" }".into())]);
            }
            "address" => (Kind::Address, format!("{name}.key()")),
            "owner" => (Kind::Owner, format!("*{name}.as_ref().owner")),
            _ => return,
        };
        let on = self.site(kind, whole);
        let before = Text(format!("(if {on} {{ {actual} }} else {{ "));
        self.edit(range.clone(), vec![before, Source(range), Text(" })".into())]);
        self.expression(value);
    }

    /// A signer as an account that must sign, but for its mutant: asked in `signed`, or else by the account itself.
    fn signer(&mut self, field: &Field, signed: Option<&mut String>) {
        const MISSING: &str = "anchor_lang::error::ErrorCode::AccountNotSigner";
        let Type::Path(path) = &field.ty else { return };
        let (Some(last), Some(name)) = (path.path.segments.last(), &field.ident) else { return };
        if last.ident != "Signer" {
            return;
        }
        let on = self.site(Kind::Signer, name.span().join(field.ty.span()).unwrap_or(name.span()));
        let holds = format!("{on} || {name}.is_signer");
        match signed {
            Some(signed) => signed.push_str(&format!("if !({holds}) {{ return Err({MISSING}.into()); }} ")),
            None => {
                let first = match field.vis {
                    Visibility::Inherited => name.span(),
                    _ => field.vis.span(),
                };
                let start = self.range(first).start;
                let attr = format!("#[account(constraint = {holds} @ {MISSING})] ");
                self.edit(start..start, vec![Text(attr)]);
            }
        }
        let range = self.range(last.ident.span());
        self.edit(range, vec![Text("UncheckedAccount".into())]);
    }
}

fn asked(attr: &Attribute) -> syn::Result<Punctuated<Asked, Token![,]>> {
    attr.parse_args_with(Punctuated::parse_terminated)
}
