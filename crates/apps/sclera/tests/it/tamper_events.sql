-- What somebody does to activity.db, which holds four links of one record each.

-- record: delete => link 2
DELETE FROM record WHERE link = 2;
-- record: reorder => link 1
UPDATE record SET link = -1 WHERE link = 1;
UPDATE record SET link = 1 WHERE link = 2;
UPDATE record SET link = 2 WHERE link = -1;
-- record: insert => link 2
INSERT INTO record SELECT 2, 1, bytes FROM record WHERE link = 1;
-- record: insert into no link => end
INSERT INTO record SELECT 9, 0, bytes FROM record WHERE link = 1;

-- link: edit => link 2
UPDATE link SET count = 0 WHERE sequence = 2;
-- link: delete => link 2
DELETE FROM link WHERE sequence = 1;
-- link: reorder => link 1
UPDATE link SET sequence = -1 WHERE sequence = 1;
UPDATE link SET sequence = 1 WHERE sequence = 2;
UPDATE link SET sequence = 2 WHERE sequence = -1;
-- link: insert => link 5
INSERT INTO link SELECT 5, node, count, root, mac FROM link WHERE sequence = 4;

-- tail: cut one => link 4
DELETE FROM link WHERE sequence = 4;
DELETE FROM record WHERE link = 4;
-- tail: cut all => link 1
DELETE FROM link;
DELETE FROM record;

-- kept: another user => credential #
UPDATE kept SET text = replace(text, 'ann', 'clerk');
-- kept: a later end => credential #
UPDATE kept SET until = until + 1;
-- kept: no seal => credential #
UPDATE kept SET seal = zeroblob(32);
-- kept: insert => session #
INSERT INTO kept SELECT 1, id, until, text, seal FROM kept;
