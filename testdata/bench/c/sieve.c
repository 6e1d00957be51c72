/* The sieve of Eratosthenes from scratch in each round: what sieve.lua computes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 90, limit = 400000, count = 0, last = 0;
    for (int r = 0; r < rounds; r++) {
        bool *composite = calloc(limit + 1, sizeof *composite);
        if (!composite)
            return 1;
        count = 0;
        for (int i = 2; i <= limit; i++) {
            if (!composite[i]) {
                count++;
                last = i;
                for (long k = (long)i * i; k <= limit; k += i)
                    composite[k] = true;
            }
        }
        free(composite);
    }
    printf("%d %d\n", count, last);
    return 0;
}
