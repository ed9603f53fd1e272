import io.moquette.broker.Server;
import java.io.File;
import java.util.concurrent.CountDownLatch;

/** Moquette as a process of its own: CONFIG_FILE. */
public class Launcher {
    public static void main(final String[] args) throws Exception {
        final Server server = new Server();
        server.startServer(new File(args[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::stopServer));
        new CountDownLatch(1).await();
    }
}
