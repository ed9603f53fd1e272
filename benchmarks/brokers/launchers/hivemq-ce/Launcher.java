import com.hivemq.embedded.EmbeddedHiveMQ;
import java.nio.file.Files;
import java.nio.file.Path;

/** HiveMQ CE as a process of its own: CONFIG_FOLDER DATA_FOLDER EXTENSIONS_FOLDER. */
public class Launcher {
    public static void main(final String[] args) throws Exception {
        for (final String folder : args) Files.createDirectories(Path.of(folder));
        final EmbeddedHiveMQ hiveMQ = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(Path.of(args[0]))
                .withDataFolder(Path.of(args[1]))
                .withExtensionsFolder(Path.of(args[2]))
                .build();
        hiveMQ.start().join();
    }
}
