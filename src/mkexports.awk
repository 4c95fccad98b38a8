# Turns src/nndyn.symbols into an ELF version script; with -v mac=1 into a Mach-O export list.
/^#/ || NF < 2 { next }
mac { print "_" $1; next }
{ if (!($2 in seen)) { seen[$2] = 1; ver[++n] = $2 } list[$2] = list[$2] "\n\t" $1 ";" }
END { if (!mac) for (i = 1; i <= n; i++)
  printf "NNDYN_%s {\n global:%s\n%s}%s;\n", ver[i], list[ver[i]],
         i == 1 ? " local:\n\t*;\n" : "", i == 1 ? "" : " NNDYN_" ver[i-1] }
