//! The test vectors of `docs/protocol/identity.md`. Everything is computed again from the inputs that the file names.

use data_encoding::HEXLOWER;
use knotwork_identity::{
    Card, Encode, Genesis, PersonId, PublicKey, SecretKey, SpaceId, decode_exact, encode, to_text,
};
use serde_json::{Value, json};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn hex(value: &impl Encode) -> String {
    HEXLOWER.encode(&encode(value))
}

fn card(name: &str, seed: u8, addresses: &[&str]) -> Card {
    Card {
        name: name.into(),
        organisation: key(seed).public(),
        node: key(seed + 1).public(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
    }
}

fn vectors() -> Value {
    let keys = [1_u8, 2, 7].map(|seed| {
        let key = key(seed);
        let message = b"knotwork";
        json!({
            "seed": HEXLOWER.encode(&[seed; 32]),
            "public": HEXLOWER.encode(key.public().as_bytes()),
            "public_text": key.public().to_string(),
            "message": HEXLOWER.encode(message),
            "signature": HEXLOWER.encode(&key.sign(message).0),
        })
    });
    let spaces = [
        ("roster", SpaceId::Roster),
        ("commons", SpaceId::Commons),
        ("circle", SpaceId::Circle([9; 32])),
        ("organisation", SpaceId::Organisation(key(1).public())),
    ];
    let spaces = spaces.map(|(name, space)| json!({ "space": name, "canonical": hex(&space) }));
    let cards = [
        card("Wolds Health Board", 1, &["/ip4/192.0.2.1/tcp/4001", "/ip4/192.0.2.1/udp/4001/quic-v1"]),
        card("Cyngor Sir Ynys Môn", 3, &[]),
    ];
    let genesis = Genesis {
        nonce: [5; 32],
        name: "Better Discharge".into(),
        purpose: "We share what helps people to go home well.".into(),
        founders: cards.to_vec(),
    };
    json!({
        "keys": keys,
        "ids": [
            { "bytes": "00".repeat(32), "text": to_text(&[0; 32]) },
            { "bytes": "ff".repeat(32), "text": to_text(&[0xff; 32]) },
            { "bytes": "0123456789abcdef0123456789abcdef", "text": person().to_string() },
        ],
        "spaces": spaces,
        "cards": cards.each_ref().map(|card| json!({ "card": card, "canonical": hex(card) })),
        "genesis": {
            "nonce": HEXLOWER.encode(&genesis.nonce),
            "name": genesis.name,
            "purpose": genesis.purpose,
            "founders": genesis.founders,
            "canonical": hex(&genesis),
            "network": genesis.network().to_string(),
        },
    })
}

fn person() -> PersonId {
    PersonId([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])
}

#[test]
fn the_published_vectors_are_what_this_crate_computes() {
    let published: Value = serde_json::from_str(PUBLISHED).expect("the vectors are JSON");
    let computed = vectors();
    assert_eq!(published, computed, "computed:\n{}", serde_json::to_string_pretty(&computed).expect("values are JSON"));
}

#[test]
fn the_published_bytes_are_read_back() {
    let published: Value = serde_json::from_str(PUBLISHED).expect("the vectors are JSON");
    let bytes = |value: &Value| HEXLOWER.decode(value.as_str().expect("hex").as_bytes()).expect("hex");
    for vector in published["cards"].as_array().expect("a list") {
        let card: Card = decode_exact(&bytes(&vector["canonical"])).expect("a card");
        card.check().expect("a sound card");
        assert_eq!(serde_json::to_value(&card).expect("a value"), vector["card"]);
    }
    for vector in published["spaces"].as_array().expect("a list") {
        let canonical = bytes(&vector["canonical"]);
        assert_eq!(encode(&decode_exact::<SpaceId>(&canonical).expect("a space")), canonical);
    }
    let genesis = Genesis::from_bytes(&bytes(&published["genesis"]["canonical"])).expect("a genesis");
    assert_eq!(published["genesis"]["network"], genesis.network().to_string());
    for vector in published["keys"].as_array().expect("a list") {
        let public: PublicKey = vector["public_text"].as_str().expect("text").parse().expect("a key");
        assert_eq!(bytes(&vector["public"]), public.as_bytes());
        let signature: [u8; 64] = bytes(&vector["signature"]).try_into().expect("64 bytes");
        assert_eq!(public.verify(&bytes(&vector["message"]), &knotwork_identity::Signature(signature)), Ok(()));
    }
}

const PUBLISHED: &str = include_str!("../../../docs/protocol/vectors/identity.json");
