import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** What a program in Java does with a database: the address, the name and the password are its arguments. */
public final class Jdbc {
    public static void main(String[] words) {
        Properties who = new Properties();
        who.setProperty("user", words[1]);
        who.setProperty("password", words[2]);
        try (Connection connection = DriverManager.getConnection(words[0], who)) {
            System.out.println("role " + one(connection, "select current_user"));
            writes(connection);
            System.out.println("rows " + one(connection, "select count(*) from ward"));
            prepared(connection);
        } catch (SQLException refused) {
            System.out.println("refused " + refused.getSQLState() + " " + refused.getMessage());
            System.exit(1);
        }
    }

    private static String one(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(query)) {
            found.next();
            return found.getString(1);
        }
    }

    /** A batch that is kept and one that is not. */
    private static void writes(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        for (boolean keeps : new boolean[] {true, false}) {
            try (PreparedStatement statement = connection.prepareStatement("insert into ward values (?)")) {
                for (int bed = 1; bed <= 20; bed++) {
                    statement.setInt(1, bed);
                    statement.addBatch();
                }
                statement.executeBatch();
            }
            if (keeps) {
                connection.commit();
            } else {
                connection.rollback();
            }
        }
        connection.setAutoCommit(true);
    }

    /** So often that the driver has the server keep the statement, which it does from the fifth time on. */
    private static void prepared(Connection connection) throws SQLException {
        long sum = 0;
        try (PreparedStatement statement = connection.prepareStatement("select sum(bed) from ward where bed <= ?")) {
            for (int bed = 1; bed <= 10; bed++) {
                statement.setInt(1, bed);
                try (ResultSet found = statement.executeQuery()) {
                    found.next();
                    sum += found.getLong(1);
                }
            }
        }
        String kept = "select count(*) from pg_prepared_statements where statement like 'select sum%'";
        System.out.println("sum " + sum + ", kept " + one(connection, kept));
    }
}
