//! CPF merge files and `passwordhash`, as their user runs them.

use crate::harness::{Kind, OTHER_PASSWORD, PASSWORD, Scratch};
use serde_json::json;

#[test]
fn a_merge_file_comes_in_as_one_change_with_notes() {
    let scratch = Scratch::new(Kind::Worked);
    let text = "; a merge\n[Actions]\nModifyUser:Name=cyd,Roles=Ward\nCreateUser:Name=cyd,FullName=\"Cy, D\"\n\
                CreateRole:Name=Ward,Resources=AppData:R,W\nCreateDatabase:Name=A,Directory=/a\nDeleteUser:Name=none\n";
    let file = scratch.file("merge.txt", text);
    let before = scratch.revision();
    let said = scratch.ok(["import", &file, "--dry-run"]);
    for line in [
        "note: CreateDatabase: it is no matter of security and left aside\n",
        "note: DeleteUser \"none\", line 7: there is none of this name; it is passed over\n",
        "create role Ward (Resources: AppData:RW)\n",
        "3 changes would be made; nothing was changed\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(scratch.revision(), before);
    let value = scratch.json(["import", &file]);
    assert_eq!((&value["Changed"], value["Notes"].as_array().unwrap().len()), (&json!(true), 2));
    assert_eq!(scratch.revision(), before + 1);
    assert_eq!(scratch.ok(["check", "AppData", "--user", "cyd"]), "READ,WRITE\n");
    scratch.call(["import", "-"]).input(text).is(0);
    assert_eq!(scratch.revision(), before + 1, "a second time nothing is needed");
    let other = scratch
        .file("other.cpf", "[Actions]\nModifyUser:Name=cyd,Comment=Other\nCreateUser:Name=x,Roles=NoSuch\n");
    let said = scratch.refused(3, ["import", &file, &other]);
    assert!(said.contains("other.cpf: CreateUser \"x\", line 3: ERROR #883"), "{said}");
    let users = scratch.file("users.json", r#"{"Users":[]}"#);
    assert!(scratch.refused(2, ["import", &file, &users]).contains("merge files are imported by themselves"));
    let said = scratch.refused(3, ["user", "import", &file]);
    assert!(said.contains("it is a CPF merge file; use `sclera import`"), "{said}");
    let bad = scratch.file("bad.cpf", "[Actions]\nCreateUser:Name=\"a\n");
    assert!(scratch.refused(3, ["import", &bad]).contains("bad.cpf: line 2, column 1: a quote is opened"));
    scratch.is_intact();
}

#[test]
fn a_printed_hash_is_taken_by_a_merge() {
    let scratch = Scratch::new(Kind::Worked);
    for (options, parts) in [
        (&[][..], [128, 128, 5, 6]),
        (&["--algorithm", "sha256", "--workfactor", "1024"][..], [64, 64, 4, 6]),
        (&["-a", "SHA1", "-w", "1024"][..], [40, 16, 4, 4]),
    ] {
        let call = scratch.call(["passwordhash"].iter().chain(options)).without_env("SCLERA_NEW_PASSWORD");
        let line = call.input(format!("{PASSWORD}\n")).is(0).out;
        let hash = line.strip_prefix("PasswordHash=").unwrap().trim_end();
        let lengths: Vec<usize> = hash.split(',').map(str::len).collect();
        assert_eq!(lengths, parts, "{line}");
        let text = format!("[Actions]\nModifyUser:Name=bob,Roles=%All,PasswordHash={hash}\n");
        scratch.ok(["import", &scratch.file("merge.cpf", text)]);
        scratch.call(["user", "list"]).log_in("bob", PASSWORD).is(0);
        let text = format!("[Startup]\n{line}");
        scratch.ok(["import", &scratch.file("merge.cpf", text)]);
    }
    let by_variable = scratch.call(["passwordhash", "-w", "1024"]).env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD);
    assert!(by_variable.is(0).out.starts_with("PasswordHash="));
    for blank in ["", "\n"] {
        let call = scratch.call(["passwordhash"]).without_env("SCLERA_NEW_PASSWORD").input(blank);
        assert!(call.is(3).err.contains("a blank password is none"));
    }
    for wrong in [["-a", "MD5"], ["-a", "N/A"], ["-w", "0"], ["-w", "100000001"]] {
        scratch.refused(2, ["passwordhash"].iter().chain(&wrong));
    }
}
