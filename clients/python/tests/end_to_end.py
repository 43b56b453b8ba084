"""The client in Python against a server. Its place, its certificate and its passwords come in the environment."""

import os
import threading
import time
import unittest

from sclera_client import Client, Misconfigured, Refused, Unreachable

ADDRESS = os.environ["SCLERA_TEST_ADDRESS"]
AUTHORITIES = os.environ["SCLERA_TEST_AUTHORITIES"]
PASSWORD = os.environ["SCLERA_TEST_PASSWORD"]
IDENTITY = (os.environ["SCLERA_TEST_CERTIFICATE"], os.environ["SCLERA_TEST_KEY"])
TOKEN = os.environ["SCLERA_TEST_TOKEN"]


def client(**given):
    return Client(ADDRESS, authorities=AUTHORITIES, **given)


class EndToEnd(unittest.TestCase):
    def refused(self, status, code, ask, *given, **named):
        with self.assertRaises(Refused) as caught:
            ask(*given, **named)
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code))

    def test_administration_over_a_session(self):
        boss = client()
        boss.sign_in("boss", PASSWORD)
        self.assertEqual(boss.get_info()["username"], "boss")
        made = boss.put_resource({"Description": "of the lab", "PublicPermission": ""}, name="Lab Résults")
        self.assertEqual(made, {"Description": "of the lab", "PublicPermission": ""})
        held = [{"Name": "Lab Résults", "Permissions": "RW"}]
        boss.put_role({"Resources": held}, name="Analyst")
        self.assertEqual(boss.put_role({"Description": "x"}, name="Analyst")["Resources"], held)
        user = {"User": {"Roles": ["Analyst"]}, "Password": PASSWORD}
        self.assertEqual(boss.post_user(user, name="ann")["Roles"], ["Analyst"])
        self.refused(409, "837", boss.post_user, user, name="ann")
        self.refused(404, "883", boss.get_role, name="Nobody")
        self.assertEqual([row["Name"] for row in boss.get_users(names="an*", max_rows=5)], ["ann"])
        table = {"namespace": "USER", "grantee": "Analyst", "type": "TABLE", "object": "Lab.Result"}
        boss.post_sql_privilege_grant(action="SELECT", **table)
        self.assertTrue(boss.head_sql_privilege(action="SELECT", **table))
        self.assertFalse(boss.head_sql_privilege(action="DELETE", **table))
        task, late = boss.post_audit_records(events="UserChange", max_rows=1), time.monotonic() + 30
        while boss.get_async_result(id=task)["State"] != "Finished":
            self.assertLess(time.monotonic(), late)
        row = boss.get_async_result(id=task)["Result"][0]
        record = boss.get_audit_record(
            utc_time_stamp=row["UTCTimeStamp"], system_id=row["SystemID"], audit_index=row["AuditIndex"]
        )
        self.assertEqual(record["Event"], "UserChange")
        boss.delete_user(name="ann")
        boss.delete_role(name="Analyst")
        boss.sign_out()
        self.refused(401, "", boss.get_info)

    def test_questions_with_a_token_of_a_machine(self):
        ward = client(token=TOKEN)
        self.assertTrue(ward.holds("Ward_Chart", "R"))
        self.assertFalse(ward.holds("Ward_Chart", "RW"))
        self.assertEqual(ward.held("Ward_Chart"), "READ")
        self.assertEqual(ward.passage("Ward_Chart:R").user, "clerk")
        self.refused(403, "", ward.passage, "Ward_Chart:W")
        self.refused(403, "822", ward.held, "Ward_Chart", user="boss")
        self.refused(401, "", ward.get_info)
        self.refused(401, "822", client().held, "Ward_Chart")
        boss = client(basic=("boss", PASSWORD))
        self.assertEqual(boss.held("Ward_Chart", user="clerk"), "READ")
        change = {"Action": "put", "Kind": "user", "Name": "clerk", "Properties": {"Enabled": False}}
        effects = boss.post_simulate({"Changes": [change]})["Effects"]
        self.assertEqual((effects[0]["Users"], effects[0]["RolesAfter"]), (["clerk"], None))
        question = {
            "subject": {"type": "user", "id": "clerk"},
            "action": {"name": "read"},
            "resource": {"type": "resource", "id": "Ward_Chart"},
        }
        self.assertEqual(boss.post_evaluation(question), {"decision": True})
        self.assertEqual(boss.get_livez(), "ok")

    def test_a_session_is_kept_fresh_between_threads(self):
        boss, failures = client(), []
        boss.sign_in("boss", PASSWORD)
        late = time.monotonic() + 2.5

        def ask():
            try:
                while time.monotonic() < late:
                    assert boss.get_info()["username"] == "boss"
            except Exception as error:  # a thread tells nobody else
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_a_certificate_says_who_it_is(self):
        ward = client(identity=IDENTITY)
        self.assertEqual((ward.get_session()["Username"], ward.held("Ward_Chart")), ("clerk", "READ"))
        self.refused(401, "", ward.get_info)
        self.refused(401, "", ward.passage)

    def test_nobody_else_is_trusted(self):
        with self.assertRaises(Unreachable):
            Client(ADDRESS).get_livez()

    def test_credentials_go_over_tls_or_stay_here(self):
        for address in ("http://127.0.0.1:1", "http://[::1]/iris", "http://localhost", "https://sclera.example"):
            Client(address)
        for address in (
            "http://sclera.example",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "https://ann:x@sclera.example",
            "https://sclera.example/?x",
            "/iris",
        ):
            with self.assertRaises(Misconfigured, msg=address):
                Client(address)
        self.assertNotIn("hunter2", repr(Client("http://localhost", token="hunter2")))


if __name__ == "__main__":
    unittest.main()
