/* Matrix product by rows of the transposed: what matmul.lua computes. */
#include <stdio.h>
#include <stdlib.h>

static double **make(int n)
{
    double **m = malloc(n * sizeof *m);
    for (int i = 0; m && i < n; i++)
        if (!(m[i] = malloc(n * sizeof *m[i])))
            exit(1);
    if (!m)
        exit(1);
    return m;
}

static double **generate(int n, double scale)
{
    double **m = make(n);
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= n; j++)
            m[i - 1][j - 1] = scale * (i - j) * (i + j - 2);
    return m;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 520;
    double size = n;
    double **a = generate(n, 1 / size / size), **b = generate(n, 2 / size / size), **t = make(n), **c = make(n);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            t[j][i] = b[i][j];
    for (int i = 0; i < n; i++) {
        const double *row = a[i];
        for (int j = 0; j < n; j++) {
            const double *column = t[j];
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += row[k] * column[k];
            c[i][j] = sum;
        }
    }
    printf("%.9f %.9f\n", c[n / 2 - 1][n / 2 - 1], c[0][n - 1]);
    return 0;
}
