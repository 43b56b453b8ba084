-- What somebody does to security.db, and the place that `audit verify` must name; a # stands for any number.
-- Each is tried on an instance with this history: link 1 is the installation, 3 makes a resource and its role, 6 and 7
-- make ann and bob, 9 and 10 modify ann, 11 deletes a user, 12 and 13 grant by SQL, 23 makes clerk and is the last.

-- record: delete the only one of a link => link 6
DELETE FROM record WHERE link = 6;
-- record: delete the first of many => record 1/1
DELETE FROM record WHERE link = 1 AND position = 0;
-- record: delete one of many => record 1/101
DELETE FROM record WHERE link = 1 AND position = 100;
-- record: delete the last of many => link 1
DELETE FROM record WHERE link = 1 AND position = (SELECT max(position) FROM record WHERE link = 1);
-- record: reorder within a link => link 1
UPDATE record SET position = -1 WHERE position = 100 AND link = 1;
UPDATE record SET position = 100 WHERE position = 101 AND link = 1;
UPDATE record SET position = 101 WHERE position = -1 AND link = 1;
-- record: reorder between links => link 9
UPDATE record SET link = -1 WHERE link = 9 AND position = 0;
UPDATE record SET link = 9 WHERE link = 10 AND position = 0;
UPDATE record SET link = 10 WHERE link = -1 AND position = 0;
-- record: move to another link => link 7
UPDATE record SET link = 7, position = 1 WHERE link = 6;
-- record: leave a gap => record 6/5
UPDATE record SET position = 5 WHERE link = 6;
-- record: insert a copy => link 6
INSERT INTO record SELECT link, 1, bytes FROM record WHERE link = 6;
-- record: insert before all => end
INSERT INTO record SELECT link, -1, bytes FROM record WHERE link = 6;
-- record: insert into no link => end
INSERT INTO record SELECT 99, 0, bytes FROM record WHERE link = 6;
-- record: insert nonsense => record 6/1
INSERT INTO record VALUES (6, 1, x'00');
-- record: delete all => link 1
DELETE FROM record;

-- link: edit its node => link 6
UPDATE link SET node = 2 WHERE sequence = 6;
-- link: edit its count => link 6
UPDATE link SET count = 2 WHERE sequence = 6;
-- link: edit its root => link 6
UPDATE link SET root = zeroblob(32) WHERE sequence = 6;
-- link: edit its mac => link 6
UPDATE link SET mac = zeroblob(32) WHERE sequence = 6;
-- link: shorten its mac => links
UPDATE link SET mac = x'00' WHERE sequence = 6;
-- link: edit the last => link 23
UPDATE link SET mac = zeroblob(32) WHERE sequence = 23;
-- link: delete one => link 7
DELETE FROM link WHERE sequence = 6;
-- link: delete the first => link 2
DELETE FROM link WHERE sequence = 1;
-- link: reorder => link 9
UPDATE link SET sequence = -1 WHERE sequence = 9;
UPDATE link SET sequence = 9 WHERE sequence = 10;
UPDATE link SET sequence = 10 WHERE sequence = -1;
-- link: insert at the end => link 24
INSERT INTO link SELECT 24, node, count, root, mac FROM link WHERE sequence = 23;
-- link: insert before all => link 0
INSERT INTO link SELECT 0, node, count, root, mac FROM link WHERE sequence = 23;
-- link: insert beyond the end => link 99
INSERT INTO link SELECT 99, node, count, root, mac FROM link WHERE sequence = 23;

-- tail: cut one link and its records => link 23
DELETE FROM link WHERE sequence = 23;
DELETE FROM record WHERE link = 23;
-- tail: cut five links and their records => link 11
DELETE FROM link WHERE sequence > 10;
DELETE FROM record WHERE link > 10;
-- tail: cut and put the objects back => link 23
DELETE FROM link WHERE sequence = 23;
DELETE FROM record WHERE link = 23;
DELETE FROM object WHERE kind = 6 AND name = 'clerk';
DELETE FROM principal WHERE folded = 'clerk';
DELETE FROM guardian WHERE user NOT IN (SELECT number FROM object WHERE kind = 6);
UPDATE counter SET next = next - 1 WHERE name = 'user';
-- tail: cut all of it => link 1
DELETE FROM link;
DELETE FROM record;

-- object: edit a role's text => role # (Reader)
UPDATE object SET text = json_set(text, '$.Resources', '1:7') WHERE name = 'Reader';
-- object: empty a role's text => role # (Reader)
UPDATE object SET text = '{}' WHERE name = 'Reader';
-- object: give a user %All => user # (ann)
UPDATE object SET text = json_set(text, '$.Roles', (SELECT number FROM object WHERE name = '%All')) WHERE name = 'ann';
-- object: give a user %All everywhere => user # (ann)
UPDATE object SET text = json_set(text, '$.Roles', '' || (SELECT number FROM object WHERE name = '%All')) WHERE name = 'ann';
UPDATE membership SET role = (SELECT number FROM object WHERE name = '%All') WHERE user = (SELECT number FROM object WHERE name = 'ann');
-- object: enable a user => user # (ann)
UPDATE object SET text = json_set(text, '$.Enabled', json('false')) WHERE name = 'ann';
-- object: write a user's text another way => user # (ann)
UPDATE object SET text = text || ' ' WHERE name = 'ann';
-- object: a text that is none => user # (ann)
UPDATE object SET text = 'nonsense' WHERE name = 'ann';
-- object: a role's text that is none => role # (Reader)
UPDATE object SET text = 'nonsense' WHERE name = 'Reader';
-- object: a value of the wrong kind => user # (ann)
UPDATE object SET text = json_set(text, '$.Enabled', 'maybe') WHERE name = 'ann';
-- object: an unknown property => role # (Reader)
UPDATE object SET text = json_set(text, '$.Nothing', 1) WHERE name = 'Reader';
-- object: make a resource public => resource # (AppData)
UPDATE object SET text = json_set(text, '$.PublicPermission', 'RWU') WHERE name = 'AppData';
-- object: open a service => service # (%Service_Login)
UPDATE object SET text = json_set(text, '$.AutheEnabled', 64) WHERE name = '%Service_Login';
-- object: edit an application => application # (/app)
UPDATE object SET text = '{}' WHERE name = '/app';
-- object: edit the settings => system # (SYSTEM)
UPDATE object SET text = '{}' WHERE kind = 5;
-- object: edit the instance => instance # (INSTANCE)
UPDATE object SET text = json_set(text, '$.Owner', 'ann') WHERE kind = 0;
-- object: delete a user => user # (ann)
DELETE FROM object WHERE name = 'ann';
-- object: delete a role => role # (Reader)
DELETE FROM object WHERE name = 'Reader';
-- object: delete a service => service # (%Service_Login)
DELETE FROM object WHERE name = '%Service_Login';
-- object: delete the settings => system # (SYSTEM)
DELETE FROM object WHERE kind = 5;
-- object: delete the instance => instance # (INSTANCE)
DELETE FROM object WHERE kind = 0;
-- object: delete all => instance # (INSTANCE)
DELETE FROM object;
-- object: insert a user => user 900 (eve)
INSERT INTO object SELECT kind, 900, 'eve', 'eve', text, link, position FROM object WHERE name = '_SYSTEM';
INSERT INTO principal VALUES ('eve', 6, 900);
INSERT INTO membership SELECT role, 900 FROM membership JOIN object ON user = number AND kind = 6 WHERE name = '_SYSTEM';
INSERT INTO guardian VALUES (900, NULL);
-- object: insert a user that points nowhere => user 900 (eve)
INSERT INTO object VALUES (6, 900, 'eve', 'eve', '{}', 99, 0);
INSERT INTO principal VALUES ('eve', 6, 900);
-- object: insert a role => role 9000 (Eve)
INSERT INTO object VALUES (2, 9000, 'Eve', 'eve', '{}', 5, 0);
INSERT INTO principal VALUES ('eve', 2, 9000);
-- object: insert in place of a deleted one => user # (gone)
INSERT INTO object SELECT 6, number, 'gone', 'gone', '{}', 8, 0 FROM (SELECT max(number) - 1 AS number FROM object WHERE kind = 6);
INSERT INTO principal SELECT 'gone', 6, number FROM object WHERE name = 'gone';
-- object: insert of an unknown kind => object 99/1
INSERT INTO object VALUES (99, 1, 'x', 'x', '{}', 5, 0);
-- object: rename a user => user # (amy)
UPDATE object SET name = 'amy', folded = 'amy' WHERE name = 'ann';
UPDATE principal SET folded = 'amy' WHERE folded = 'ann';
-- object: exchange the texts of two users => user # (ann)
UPDATE object SET text = (SELECT other.text FROM object AS other WHERE other.name = iif(object.name = 'ann', 'bob', 'ann') ) WHERE kind = 6 AND name IN ('ann', 'bob');
-- object: exchange the numbers of two users => user # (ann)
UPDATE object SET number = -1 WHERE kind = 6 AND name = 'ann';
UPDATE object SET number = (SELECT number FROM principal WHERE folded = 'ann') WHERE kind = 6 AND name = 'bob';
UPDATE object SET number = (SELECT number FROM principal WHERE folded = 'bob') WHERE kind = 6 AND name = 'ann';
-- object: point at an older record => user # (ann)
UPDATE object SET link = 9 WHERE name = 'ann';
-- object: set back to an older record => user # (ann)
UPDATE object SET link = 9, text = replace(text, 'Second', 'First') WHERE name = 'ann';
-- object: point at no record => user # (ann)
UPDATE object SET link = 99 WHERE name = 'ann';
-- object: edit and point at no record => role # (Reader)
UPDATE object SET text = '{}', link = 99 WHERE name = 'Reader';
-- object: edit two and point at no record => user # (bob)
UPDATE object SET text = '{}', link = 99 WHERE name IN ('Reader', 'bob');
-- object: point at another's record => user # (ann)
UPDATE object SET link = 7 WHERE name = 'ann';
-- object: file a user under another name => index
UPDATE object SET folded = 'zzz' WHERE name = 'ann';
-- object: file a user far ahead => index
UPDATE object SET folded = '' WHERE name = 'ann';
-- object: file two users under each other's name => index
UPDATE object SET folded = '#' WHERE folded = 'ann' AND kind = 6;
UPDATE object SET folded = 'ann' WHERE folded = 'bob' AND kind = 6;
UPDATE object SET folded = 'bob' WHERE folded = '#' AND kind = 6;
UPDATE principal SET folded = '#' WHERE folded = 'ann';
UPDATE principal SET folded = 'ann' WHERE folded = 'bob';
UPDATE principal SET folded = 'bob' WHERE folded = '#';
-- object: file a resource under another name => index
UPDATE object SET folded = 'zzz' WHERE name = 'AppData';

-- principal: delete one => index
DELETE FROM principal WHERE folded = 'ann';
-- principal: insert one => index
INSERT INTO principal VALUES ('eve', 6, 900);
-- principal: edit a number => index
UPDATE principal SET number = 1 WHERE folded = 'ann';
-- principal: edit a kind => index
UPDATE principal SET kind = 2 WHERE folded = 'ann';
-- principal: delete all => index
DELETE FROM principal;

-- membership: delete one => index
DELETE FROM membership WHERE user = (SELECT number FROM object WHERE name = 'ann');
-- membership: insert one => index
INSERT INTO membership SELECT 1, number FROM object WHERE name = 'ann';
-- membership: insert one of nobody => index
INSERT INTO membership VALUES (1, 900);
-- membership: edit one => index
UPDATE membership SET role = 1 WHERE user = (SELECT number FROM object WHERE name = 'ann');
-- membership: delete all => index
DELETE FROM membership;

-- guardian: delete one => index
DELETE FROM guardian WHERE user = (SELECT number FROM object WHERE name = 'clerk');
-- guardian: insert one => index
INSERT INTO guardian SELECT number, NULL FROM object WHERE name = 'ann';
-- guardian: edit a day => index
UPDATE guardian SET last_day = 1 WHERE user = (SELECT number FROM object WHERE name = 'clerk');
-- guardian: delete all => index
DELETE FROM guardian;

-- counter: set back the objects => counters
UPDATE counter SET next = 5 WHERE name = 'object';
-- counter: set back the users by one => counters
UPDATE counter SET next = next - 1 WHERE name = 'user';
-- counter: set forward => counters
UPDATE counter SET next = next + 1 WHERE name = 'user';
-- counter: below zero => counters
UPDATE counter SET next = -1 WHERE name = 'object';
-- counter: exhaust => counters
UPDATE counter SET next = 9223372036854775807 WHERE name = 'object';
-- counter: delete one => counters
DELETE FROM counter WHERE name = 'user';
-- counter: insert one => index
INSERT INTO counter VALUES ('other', 1);

-- sql_privilege: delete one => sql-privilege
DELETE FROM sql_privilege WHERE object = '1,Ward.Patient' AND privilege = 's';
-- sql_privilege: insert one => sql-privilege
INSERT INTO sql_privilege SELECT 0, 1, namespace, object, privilege, grantor, grantable, target FROM sql_privilege WHERE object = '1,Ward.Patient' AND privilege = 's';
-- sql_privilege: edit its grantee => sql-privilege
UPDATE sql_privilege SET grantee = 1 WHERE object = '1,Ward.Patient' AND privilege = 's';
-- sql_privilege: make it grantable => sql-privilege
UPDATE sql_privilege SET grantable = 1 WHERE object = '1,Ward.Patient';
-- sql_privilege: edit its namespace => sql-privilege
UPDATE sql_privilege SET namespace = '*' WHERE object = '1,Ward.Patient';
-- sql_privilege: edit its grantor => sql-privilege
UPDATE sql_privilege SET grantor = 'ann' WHERE object = '1,Ward.Patient';
-- sql_privilege: edit what it is found by => index
UPDATE sql_privilege SET target = 'x' WHERE object = '1,Ward.Patient';
-- sql_privilege: delete all => sql-privilege
DELETE FROM sql_privilege;
