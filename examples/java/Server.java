// SPDX-License-Identifier: MIT
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** A greeting for each request. The shutdown hook finishes those under way. */
public final class Server {
    private static final byte[] GREETING =
        "Hello from a container that hale looks after.\n".getBytes(StandardCharsets.UTF_8);

    private Server() {
    }

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, GREETING.length);
            exchange.getResponseBody().write(GREETING);
            exchange.close();
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.println("TERM: finishing");
            server.stop(1);
        }));
        server.start();
        System.out.println("listening on port 8080");
    }
}
