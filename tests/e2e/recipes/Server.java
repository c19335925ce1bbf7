// SPDX-License-Identifier: MIT
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** Answers /slow after two seconds, and everything else at once. */
public final class Server {
    private Server() {
    }

    private static void answer(HttpExchange exchange) throws IOException {
        if (exchange.getRequestURI().getPath().equals("/slow")) {
            System.out.println("the work has begun");
            try {
                Thread.sleep(2000);
            } catch (InterruptedException e) {
                return;
            }
            System.out.println("the work is done");
        }
        byte[] body = "good day\n".getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", Server::answer);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(6)));
        server.start();
    }
}
