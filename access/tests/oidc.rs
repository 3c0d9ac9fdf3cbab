//! Tokens of a provider that does what a standard one does: real keys, discovery, a JWKS, rotation.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/provider.rs"]
mod provider;

use access::grants::{Grants, NewGrant};
use access::keyring::{Keyring, KeyringError};
use access::oidc::{Provider, Subject, TokenError, Verifier};
use access::{Call, Gate, Refused, Role, Scope, Sources, limits};
use domain::identifiers::Siret;
use domain::ids::Instant;
use provider::{Claims, LocalProvider, Signer, seconds};
use serde_json::{Value, json};

fn at(seconds: u64) -> Instant {
    Instant(i64::try_from(seconds).unwrap() * 1_000_000)
}

fn now() -> Instant {
    at(seconds())
}

fn verifier(of: &LocalProvider) -> Verifier {
    Verifier::of(Provider { issuer: of.issuer(), audience: "registre".into() }).unwrap()
}

#[test]
fn a_token_of_either_algorithm_tells_whose_it_is() {
    let local = LocalProvider::start([Signer::es256("e1"), Signer::rs256("r1")].into());
    let verifier = verifier(&local);
    for kid in ["e1", "r1"] {
        let claims = Claims::of(&local);
        let token = local.sign(kid, &claims);
        let subject = verifier.verify(&token, None, now()).unwrap();
        let siret = Some("13002526500013".to_owned());
        let until = at(claims.exp.unwrap() + limits::TOKEN_LEEWAY.as_secs());
        let expected = Subject { issuer: local.issuer(), sub: "agent-1".into(), siret, until };
        assert_eq!(subject, expected);
    }
    assert_eq!(local.asked(), 2, "discovery and keys, once for both");
}

#[test]
fn a_token_that_is_not_for_us_not_now_or_not_the_providers_is_refused() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier = verifier(&local);
    let refused =
        |claims: &Claims| verifier.verify(&local.sign("e1", claims), None, now()).unwrap_err();
    let good = Claims::of(&local);
    let leeway = limits::TOKEN_LEEWAY.as_secs();
    let claims = Claims { aud: Some("another".into()), ..good.clone() };
    assert_eq!(refused(&claims), TokenError::Audience);
    let claims = Claims { iss: Some("https://evil.example".into()), ..good.clone() };
    assert_eq!(refused(&claims), TokenError::Issuer);
    let claims = Claims { exp: Some(seconds() - leeway - 2), ..good.clone() };
    assert_eq!(refused(&claims), TokenError::Expired);
    let claims = Claims { nbf: Some(seconds() + leeway + 5), ..good.clone() };
    assert_eq!(refused(&claims), TokenError::Early);
    for without in [
        Claims { aud: None, ..good.clone() },
        Claims { iss: None, ..good.clone() },
        Claims { exp: None, ..good.clone() },
        Claims { sub: None, ..good.clone() },
    ] {
        assert_eq!(refused(&without), TokenError::Form, "{without:?}");
    }
    let stranger = Signer::es256("e1");
    let forged = stranger.sign(&good);
    assert_eq!(verifier.verify(&forged, None, now()), Err(TokenError::Signature));
    let token = local.sign("e1", &good);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let altered = format!("{signed}.{first}{}", &signature[1..]);
    assert_eq!(verifier.verify(&altered, None, now()), Err(TokenError::Signature));
    for no_token in ["", "x", "a.b", "a.b.c", "....", &"x".repeat(5_000)] {
        assert!(verifier.verify(no_token, None, now()).is_err(), "{no_token}");
    }
}

#[test]
fn a_token_of_several_audiences_is_of_the_one_for_which_it_was_made() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier = verifier(&local);
    let verified = |aud: Value, azp: Option<Value>| {
        let claims = Claims { aud: Some(aud), azp, ..Claims::of(&local) };
        verifier.verify(&local.sign("e1", &claims), None, now()).map(drop)
    };
    let (ours, other) = (Some(json!("registre")), Some(json!("another")));
    for aud in [json!("registre"), json!(["registre"]), json!(["registre", "registre"])] {
        assert_eq!(verified(aud.clone(), None), Ok(()));
        assert_eq!(verified(aud.clone(), ours.clone()), Ok(()));
        assert_eq!(verified(aud, other.clone()), Err(TokenError::Audience));
    }
    for aud in [json!(["registre", "another"]), json!(["another", "registre"])] {
        assert_eq!(verified(aud.clone(), ours.clone()), Ok(()));
        assert_eq!(verified(aud.clone(), other.clone()), Err(TokenError::Audience));
        assert_eq!(verified(aud, None), Err(TokenError::Audience), "nobody knows whose it is");
    }
    for aud in [json!("another"), json!(["another"]), json!([])] {
        assert_eq!(verified(aud.clone(), ours.clone()), Err(TokenError::Audience), "{aud}");
        assert_eq!(verified(aud, None), Err(TokenError::Audience));
    }
    for no_text in [json!(7), json!(["registre"])] {
        assert_eq!(verified(json!("registre"), Some(no_text)), Err(TokenError::Form));
    }
}

#[test]
fn neither_no_signature_nor_an_hmac_of_the_public_key_nor_another_algorithm_is_a_way_in() {
    let (ec, rsa) = (Signer::es256("e1"), Signer::rs256("r1"));
    let (public, rsa_public) = (ec.public(), rsa.public());
    let local = LocalProvider::start([ec, rsa].into());
    let verifier = verifier(&local);
    let good = Claims::of(&local);
    // The keys are known first: what is refused is refused for what it is.
    verifier.verify(&local.sign("e1", &good), None, now()).unwrap();
    let none = provider::unsigned("none", "e1", &good);
    assert_eq!(verifier.verify(&none, None, now()), Err(TokenError::Algorithm));
    for (kid, secret) in [("e1", &public), ("r1", &rsa_public)] {
        for algorithm in ["HS256", "HS384", "HS512"] {
            let confused = provider::hmac(algorithm, kid, &good, secret);
            assert_eq!(verifier.verify(&confused, None, now()), Err(TokenError::Algorithm));
        }
    }
    let crossed = local.sign_as("e1", "r1", &good);
    assert_eq!(verifier.verify(&crossed, None, now()), Err(TokenError::Algorithm));
    let unnamed = provider::unsigned("ES256", "", &good);
    assert_eq!(verifier.verify(&unnamed, None, now()), Err(TokenError::UnknownKey));
}

#[test]
fn keys_rotate_and_a_provider_is_not_asked_for_every_unknown_one() {
    let mut local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier = verifier(&local);
    let begun = seconds();
    let old = local.sign("e1", &Claims::of(&local));
    verifier.verify(&old, None, at(begun)).unwrap();
    local.rotate(Signer::rs256("r2"));
    let new = local.sign("r2", &Claims::of(&local));
    let again = begun + limits::PROVIDER_AGAIN.as_secs();
    assert_eq!(verifier.verify(&new, None, at(begun + 1)), Err(TokenError::UnknownKey));
    assert_eq!(local.asked(), 2, "it was asked a moment ago");
    verifier.verify(&new, None, at(again)).unwrap();
    assert_eq!(local.asked(), 4);
    assert_eq!(verifier.verify(&old, None, at(again + 60)), Err(TokenError::UnknownKey));
    local.stop();
    verifier.verify(&new, None, at(begun + 3_600)).unwrap();
    let unknown = provider::unsigned("ES256", "e9", &Claims::of(&local));
    let later = at(begun + 7_200);
    assert_eq!(verifier.verify(&unknown, None, later), Err(TokenError::Provider));
}

#[test]
fn a_key_that_the_provider_withdrew_does_not_serve_for_ever() {
    let mut local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier = verifier(&local);
    let begun = seconds();
    let most = limits::PROVIDER_KEYS_AGE_MAX.as_secs();
    let old = local.sign("e1", &Claims::of(&local));
    verifier.verify(&old, None, at(begun)).unwrap();
    local.rotate(Signer::es256("e2"));
    assert_eq!(verifier.verify(&old, None, at(begun + most)), Err(TokenError::UnknownKey));
    assert_eq!(local.asked(), 4, "it was waited for");
    let new = local.sign("e2", &Claims::of(&local));
    verifier.verify(&new, None, at(begun + most)).unwrap();
    assert_eq!(local.asked(), 4);
    // By a clock that was put back nobody knows how old they are.
    verifier.verify(&new, None, at(begun)).unwrap();
    assert_eq!(local.asked(), 6);
}

#[test]
fn keys_that_are_too_old_do_not_serve_while_the_provider_does_not_answer() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier = verifier(&local);
    let begun = seconds();
    let [age, most, again] =
        [limits::PROVIDER_KEYS_AGE, limits::PROVIDER_KEYS_AGE_MAX, limits::PROVIDER_AGAIN]
            .map(|limit| limit.as_secs());
    let token = local.sign("e1", &Claims::of(&local));
    verifier.verify(&token, None, at(begun)).unwrap();
    local.hold(true);
    std::thread::scope(|scope| {
        let late = scope.spawn(|| verifier.verify(&token, None, at(begun + most)));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!late.is_finished(), "it waits for the provider");
        local.hold(false);
        assert!(late.join().unwrap().is_ok(), "which has answered");
    });
    let begun = begun + most;
    local.stop();
    assert!(verifier.verify(&token, None, at(begun + age)).is_ok(), "they serve meanwhile");
    assert!(verifier.verify(&token, None, at(begun + most - 1)).is_ok());
    for later in [most, most + 1, most + again, 10 * most] {
        let refused = verifier.verify(&token, None, at(begun + later));
        assert_eq!(refused, Err(TokenError::Provider), "{later}");
    }
}

#[test]
fn a_nonce_is_the_one_that_was_sent_and_a_provider_is_the_one_that_it_says() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let verifier_of =
        |issuer: String| Verifier::of(Provider { issuer, audience: "registre".into() });
    let verifier = verifier_of(local.issuer()).unwrap();
    let claims = Claims { nonce: Some("n-1".into()), ..Claims::of(&local) };
    let token = local.sign("e1", &claims);
    assert!(verifier.verify(&token, Some("n-1"), now()).is_ok());
    assert_eq!(verifier.verify(&token, Some("n-2"), now()), Err(TokenError::Nonce));
    let without = local.sign("e1", &Claims::of(&local));
    assert_eq!(verifier.verify(&without, Some("n-1"), now()), Err(TokenError::Nonce));
    assert!(verifier_of("http://idp.example.org".into()).is_err(), "keys in clear over a network");
    let other = verifier_of(local.issuer().replace("127.0.0.1", "localhost")).unwrap();
    assert_eq!(other.verify(&without, None, now()), Err(TokenError::Provider), "another name");
}

#[test]
fn a_person_has_the_rights_that_were_given_to_the_issuer_subject_and_siret() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let folder = tempfile::tempdir().unwrap();
    let grants = Grants::of(folder.path());
    let grant = NewGrant {
        issuer: local.issuer(),
        sub: "agent-1".into(),
        siret: Siret::parse("13002526500013").ok(),
        name: "DREETS, pôle apprentissage".into(),
        role: Role::Dreets,
        scope: Scope::Region("84".into()),
        sources: Sources::default(),
        days: 30,
    };
    let gate = Gate::open(folder.path()).unwrap().with_provider(verifier(&local));
    let here = [127, 0, 0, 1].into();
    let ask = |claims: &Claims, later: u64| {
        let token = local.sign("e1", claims);
        assert!(gate.is_slow(Some(&token)) && !gate.is_slow(Some("reg_x")));
        let known = gate.recognise(Some(&token), here, at(seconds() + later))?;
        gate.admit(known, Call::GetEnrolment, Some("suivi"), now())
    };
    let good = Claims::of(&local);
    assert_eq!(ask(&good, 0).unwrap_err(), Refused::NoRights);
    let principal = grants.give(grant.clone(), now()).unwrap();
    let tenant = ask(&good, 1).unwrap();
    assert_eq!((tenant.principal(), tenant.role()), (principal.as_str(), Role::Dreets));
    assert_eq!(tenant.actor("somebody else"), principal, "a person is whom the token says");
    let expired = at(good.exp.unwrap() + limits::TOKEN_LEEWAY.as_secs());
    assert_eq!(gate.stands(&tenant, Instant(expired.0 - 1)), Ok(()));
    assert_eq!(gate.stands(&tenant, expired), Err(Refused::Expired));
    let moved = Claims { siret: Some("35600000000048".into()), ..good.clone() };
    assert_eq!(ask(&moved, 1).unwrap_err(), Refused::NoRights, "who changed employer has lost it");
    let other = Claims { sub: Some("agent-2".into()), ..good.clone() };
    assert_eq!(ask(&other, 1).unwrap_err(), Refused::NoRights);
    assert!(grants.give(grant.clone(), now()).is_err(), "one grant a person");
    grants.revoke(&principal, now()).unwrap();
    assert_eq!(gate.stands(&tenant, at(seconds() + 2)), Err(Refused::Expired), "the grant is gone");
    assert_eq!(ask(&good, 2).unwrap_err(), Refused::NoRights);
    let sender = NewGrant { role: Role::CfaDeposit, ..grant.clone() };
    assert!(grants.give(sender, now()).is_err(), "programs push, not persons");
    let wide = NewGrant { scope: Scope::Everything, ..grant };
    let refused = grants.give(wide, now()).unwrap_err().to_string();
    assert_eq!(refused, KeyringError::Scope(Role::Dreets).to_string());
}

#[test]
fn an_address_that_guesses_has_no_more_tokens_verified() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::open(folder.path()).unwrap().with_provider(verifier(&local));
    let recognise = |token: &str| gate.recognise(Some(token), [192, 0, 2, 1].into(), now());
    for _ in 0..limits::FAILURES_PER_MINUTE {
        assert_eq!(recognise("a.b.c").unwrap_err(), Refused::BadCredential);
    }
    let good = local.sign("e1", &Claims::of(&local));
    assert!(matches!(recognise(&good).unwrap_err(), Refused::TooManyFailures(_)));
    assert_eq!(local.asked(), 0);
}

#[test]
fn who_guesses_nothing_does_not_lock_out_others_of_the_same_address() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::of(folder.path());
    let revoked = std::fs::read_to_string(keys.local(now()).unwrap().unwrap()).unwrap();
    keys.revoke(keys.list().unwrap()[0].id, now()).unwrap();
    let gate = Gate::open(folder.path()).unwrap().with_provider(verifier(&local));
    let recognise =
        |shown: Option<&str>| gate.recognise(shown, [192, 0, 2, 1].into(), now()).unwrap_err();
    let expired = Claims { exp: Some(seconds() - 3_600), ..Claims::of(&local) };
    let right = local.sign("e1", &expired);
    for _ in 0..2 * limits::FAILURES_PER_MINUTE {
        assert_eq!(recognise(Some(&right)), Refused::Expired);
        assert_eq!(recognise(Some(revoked.trim())), Refused::Expired);
        assert_eq!(recognise(None), Refused::NoCredential);
    }
    let good = local.sign("e1", &Claims::of(&local));
    assert_eq!(recognise(Some(&good)), Refused::NoRights, "it is verified: nobody gave a role");
    // One that says that it has expired, and that the provider did not sign, is a guess.
    let forged = Signer::es256("e1").sign(&expired);
    let unknown = Signer::es256("e9").sign(&expired);
    for n in 0..limits::FAILURES_PER_MINUTE {
        let guess = if n % 2 == 0 { &forged } else { &unknown };
        assert_eq!(recognise(Some(guess)), Refused::BadCredential);
    }
    assert!(matches!(recognise(Some(&good)), Refused::TooManyFailures(_)));
}

#[test]
fn a_provider_that_does_not_answer_holds_up_nobody_whose_key_is_known() {
    let local = LocalProvider::start([Signer::es256("e1")].into());
    let folder = tempfile::tempdir().unwrap();
    let keys = Keyring::of(folder.path());
    let local_key = std::fs::read_to_string(keys.local(now()).unwrap().unwrap()).unwrap();
    let verifier = verifier(&local);
    let begun = seconds();
    let known = local.sign("e1", &Claims { exp: Some(begun + 10_000), ..Claims::of(&local) });
    verifier.verify(&known, None, at(begun)).unwrap();
    let gate = Gate::open(folder.path()).unwrap().with_provider(verifier);
    let asked = local.asked();
    local.hold(true);
    let unknown = provider::unsigned("ES256", "e9", &Claims::of(&local));
    let here = [127, 0, 0, 1].into();
    let later = at(begun + 3_600);
    let recognise =
        |token: &str, from: u8| gate.recognise(Some(token), [192, 0, 2, from].into(), later);
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8_u8)
            .map(|from| {
                let (recognise, unknown) = (&recognise, &unknown);
                scope.spawn(move || recognise(unknown, from).map(drop))
            })
            .collect();
        // Its keys are old by now, and nobody gave the person a role: the token is verified.
        assert_eq!(gate.recognise(Some(&known), here, later).unwrap_err(), Refused::NoRights);
        assert!(gate.recognise(Some(local_key.trim()), here, later).is_ok());
        assert!(waiting.iter().all(|one| !one.is_finished()), "they wait for the provider");
        for one in waiting {
            assert_eq!(one.join().unwrap(), Err(Refused::Provider), "not for ever");
        }
    });
    local.hold(false);
    assert!(local.asked() <= asked + 2, "once for all of them");
}
