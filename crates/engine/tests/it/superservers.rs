//! Superservers that come in by documents and go out by them: one is the system default, whatever a document leaves out.

use crate::bench::Instance;
use sclera_core::change::Kind;
use sclera_engine::administer::Mode;
use sclera_engine::export::Wanted;
use sclera_exchange::{Form, Merge, read};

fn import(instance: &Instance, text: &str) -> usize {
    let document = read(text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
    let receipt = instance.engine.import(&instance.owner, &document, Mode::Perform);
    receipt.unwrap_or_else(|refusal| panic!("{text}: {refusal}")).entries.len()
}

fn merge(instance: &Instance, actions: &str) -> usize {
    let merge = Merge::read(&[("", format!("[Actions]\n{actions}\n").as_bytes())]).unwrap();
    let receipt = instance.engine.merge(&instance.owner, &merge, Mode::Perform);
    receipt.unwrap_or_else(|refusal| panic!("{actions}: {refusal}")).entries.len()
}

fn exported(instance: &Instance, form: Form) -> String {
    let (mut text, wanted) = (String::new(), Wanted::all(&[Kind::Superserver, Kind::PhoneProvider]));
    let done = instance.engine.export_to(&instance.owner, &wanted, form, &mut |piece| {
        text.push_str(piece);
        Ok(())
    });
    done.unwrap_or_else(|fault| panic!("{fault}"));
    text
}

fn default(instance: &Instance) -> String {
    let servers = instance
        .engine
        .list(&instance.owner, Kind::Superserver, &sclera_core::selection::Selection::all())
        .unwrap();
    let is_default =
        |row: &&sclera_core::property::Properties| row.get("SystemDefault").unwrap().text() == "1";
    let all: Vec<_> = servers.iter().filter(is_default).map(|row| row.get("Name").unwrap().text()).collect();
    all.join(" ")
}

#[test]
fn a_document_without_the_default_leaves_it() {
    let instance = Instance::new();
    let other =
        "<ServersExport><Servers><Port>1973</Port><EnableCSP>true</EnableCSP></Servers></ServersExport>";
    let json = r#"{"Servers":[{"Name":"1973","SystemDefault":false,"EnableCSP":true}]}"#;
    assert_eq!(import(&instance, other), 1);
    for again in [other, json] {
        assert_eq!((import(&instance, again), default(&instance).as_str()), (0, "1973"), "{again}");
    }
    // Whichever stands first, the one that is the default takes over.
    let both = r#"{"Servers":[{"Name":"1973","SystemDefault":false},{"Name":"1972","SystemDefault":true}]}"#;
    assert_eq!((import(&instance, both), default(&instance).as_str()), (2, "1972"));
    assert_eq!(import(&instance, both), 0);
    assert_eq!((import(&instance, other), default(&instance).as_str()), (0, "1972"));
    // Merges too, whose steps come in the order of the file.
    merge(&instance, "ModifyServer:Port=1972,SystemDefault=0\nModifyServer:Port=1973,SystemDefault=1");
    assert_eq!(default(&instance), "1973");
    assert_eq!(merge(&instance, "ModifyServer:Port=1973,SystemDefault=0"), 0);
}

#[test]
fn what_goes_out_comes_in_again() {
    let instance = Instance::new();
    let none = exported(&instance, Form::Xml);
    assert!(none.contains("PhoneProvidersExport") && !none.contains("ServersExport"), "{none}");
    let text = "<ServersExport><Servers><Port>1972</Port><EnableECP>true</EnableECP><SystemDefault>true</SystemDefault>\
                </Servers><Servers><BindAddress>::1</BindAddress><Port>1972</Port><DoNotStart>true</DoNotStart>\
                <ImportOperation>1</ImportOperation><SSLSupportLevel>2</SSLSupportLevel></Servers></ServersExport>";
    assert_eq!(import(&instance, text), 2);
    for form in [Form::Xml, Form::Json] {
        let (out, copy) = (exported(&instance, form), Instance::new());
        assert_eq!(import(&copy, &out), 2, "{out}");
        assert_eq!(exported(&copy, form), out);
        assert_eq!(import(&instance, &out), 0);
    }
    let bound = instance.engine.show(&instance.owner, Kind::Superserver, "[::1]:1972").unwrap();
    assert_eq!(bound.get("Enabled").unwrap().text(), "0", "one that does not listen");
}
