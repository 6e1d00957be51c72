/* The Mandelbrot set: what mandelbrot.lua computes. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1200;
    long inside = 0, total = 0;
    for (int py = 0; py < n; py++) {
        double ci = 2.0 * py / n - 1;
        for (int px = 0; px < n; px++) {
            double cr = 2.0 * px / n - 1.5, zr = 0, zi = 0;
            int iterations = 0;
            while (iterations < 100) {
                double rr = zr * zr, ii = zi * zi;
                if (rr + ii > 4)
                    break;
                zi = 2 * zr * zi + ci;
                zr = rr - ii + cr;
                iterations++;
            }
            if (iterations == 100)
                inside++;
            total += iterations;
        }
    }
    printf("%ld %ld\n", inside, total);
    return 0;
}
