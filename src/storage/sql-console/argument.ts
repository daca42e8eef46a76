/** The argument that makes the executable run one SQL query; alone in its file, as every start of the program reads it. */
export const SQL_QUERY_ARGUMENT = "--sql-query";
