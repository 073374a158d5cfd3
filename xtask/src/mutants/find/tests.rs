//! What becomes of pieces of source.

use super::super::rewrite::rewrite;
use super::*;

/// The mutated source with its spaces made one, and the kinds of its mutants.
fn mutated(source: &str) -> syn::Result<(String, Vec<Kind>)> {
    let mut pairs = Pairs::default();
    pairs.read("fn a_floor(x: u8) -> u8 { x } fn a_ceil(x: u8) -> u8 { x }")?;
    let found = Finder::of("f.rs", source, "m", &pairs, 1)?;
    let kinds = found.sites.iter().map(|site| site.kind).collect();
    let text = rewrite(source, found.edits);
    syn::parse_file(&text)?;
    Ok((text.split_whitespace().collect::<Vec<_>>().join(" "), kinds))
}

fn becomes(body: &str, expected: &str, kinds: &[Kind]) {
    let (text, found) = mutated(&format!("fn f() -> Result<()> {{ {body} }}")).unwrap();
    assert_eq!(text, format!("fn f() -> Result<()> {{ {expected} }}"));
    assert_eq!(found, kinds);
}

#[test]
fn what_refuses_has_a_mutant_that_never_does() {
    becomes("require!(a, E); Ok(())", "require!((m::on(1) || (a)), E); Ok(())", &[Kind::Require]);
    let refusal = "if !m::on(1) && (a) { return Err(E); } Ok(())";
    becomes("if a { return Err(E); } Ok(())", refusal, &[Kind::Refusal]);
    becomes(
        "if a { Ok(()) } else { Err(E) }",
        "if (m::on(1) || (a)) { Ok(()) } else { Err(E) }",
        &[Kind::Refusal],
    );
    becomes(
        "if let A = b { return Err(E); }",
        "if !m::on(1) && let A = b { return Err(E); }",
        &[Kind::Refusal],
    );
    becomes("if a { b() }", "if a { b() }", &[]);
    let guard = "match a { B if !m::on(1) && (c) => Err(E), _ => Ok(()), }";
    becomes("match a { B if c => Err(E), _ => Ok(()), }", guard, &[Kind::Guard]);
}

#[test]
fn calls_that_only_check_are_left_out() {
    becomes("a.require_b()?; c()?; Ok(())", "if !m::on(1) { a.require_b()?; }; c()?; Ok(())", &[Kind::Check]);
    becomes("x::check(a)", "if m::on(1) { Ok(()) } else { x::check(a) }", &[Kind::Check]);
    becomes(
        "a.checked_add(b)?; a.validate().or_refuse()?; d",
        "a.checked_add(b)?; if !m::on(1) { a.validate().or_refuse()?; }; d",
        &[Kind::Check],
    );
}

#[test]
fn comparisons_parts_rounding_and_caps() {
    let both = "(m::on(1) || (m::lt(3, &(a), &(b)))) && (m::on(2) || (c))";
    becomes("a < b && c", both, &[Kind::Operand, Kind::Operand, Kind::Boundary]);
    becomes("a || b", "(!m::on(1) && (a)) || (!m::on(2) && (b))", &[Kind::Operand; 2]);
    becomes("a_floor(x)", "(if m::on(1) { a_ceil(x) } else { a_floor(x) })", &[Kind::Rounding]);
    becomes("x.a_floor()", "x.a_floor()", &[]);
    let capped = "({ let uncapped = a; if m::on(1) { uncapped } else { uncapped.min(b) } })";
    becomes("a.min(b)", capped, &[Kind::Cap]);
}

#[test]
fn accounts_are_asked_less() -> syn::Result<()> {
    let (text, kinds) = mutated(
        "#[derive(Accounts)] struct S { #[account(mut, address = a.b @ E)] x: Signer<'info>,
         #[account(constraint = c != d @ E)] y: Account<'info, Y>, }",
    )?;
    assert_eq!(
        text,
        "#[derive(Accounts)] struct S { #[account(mut, address = (if m::on(1) { x.key() } else { a.b }) @ E)] \
         #[account(constraint = m::on(2) || x.is_signer @ anchor_lang::error::ErrorCode::AccountNotSigner)] \
         x: UncheckedAccount<'info>, #[account(constraint = (m::on(3) || (c != d)) @ E)] y: Account<'info, Y>, }"
    );
    assert_eq!(kinds, [Kind::Address, Kind::Signer, Kind::Constraint]);
    Ok(())
}

#[test]
fn a_signature_is_asked_before_an_account_is_made() -> syn::Result<()> {
    let (text, _) = mutated(
        "#[derive(Accounts)] struct S { x: Signer<'info>, #[account(init, payer = x, space = 8)] y: Y, }",
    )?;
    assert!(text.contains("space = { if !(m::on(1) || x.is_signer) { return Err("), "{text}");
    Ok(())
}

#[test]
fn tests_and_constants_are_left_alone() -> syn::Result<()> {
    let source = "#[cfg(test)] mod tests { fn f() { require!(a, E); } } const A: bool = 1 < 2; const fn g() -> bool { 1 < 2 }";
    assert_eq!(mutated(source)?, (source.to_owned(), vec![]));
    Ok(())
}
