-- Authors and supervisors of theses who have an IdRef number; many are both.
SELECT author, _file, _row FROM each_author
UNION ALL
SELECT author, _file, _row FROM each_supervisor
